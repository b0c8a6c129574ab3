import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, type RpcError, readXml, rpcError, type XmlElement } from '@sublane/netconf';
import { instanceXml } from './actions.ts';
import { type DataPath, errorPath, pathText } from './data-path.ts';
import { identityOf } from './edit/node-identity.ts';
import type { OperationContext } from './operations/operation.ts';
import type { SchemaIndex } from './schema-index.ts';
import type { Session } from './session.ts';

/**
 * Is the node there that an action belongs to, in the configuration or the state? Reads of the state no more than the
 * way down to it. RFC 7950 §15.5 has the error for what must be there.
 */
export async function findInstance(
  instance: DataPath,
  call: { readonly session: Session; readonly signal: AbortSignal },
  { datastores, providers, schema }: Pick<OperationContext, 'datastores' | 'providers' | 'schema'>,
): Promise<Result<undefined, readonly RpcError[]>> {
  const way = pathFromTop(instance);
  if (holds(datastores?.running.read().elements ?? [], way, schema)) return ok(undefined);
  const root = way[0]!.node;
  const filters = [instanceXml(instance)];
  for (const provider of providers) {
    if (provider.module !== root.module || provider.name !== root.name) continue;
    const read = await provider.read({ filters, session: call.session, signal: call.signal });
    if (!read.ok) return read;
    const data = readXml(`<data>${read.value}</data>`, CLIENT_LIMITS);
    if (data.ok && holds(childElements(data.value), way, schema)) return ok(undefined);
  }
  return failed([
    rpcError.dataMissing({
      appTag: 'instance-required',
      message: `there is no ${pathText(instance, schema)}`,
      path: errorPath(instance, schema),
    }),
  ]);
}

function pathFromTop(path: DataPath): DataPath[] {
  return path.parent === undefined ? [path] : [...pathFromTop(path.parent), path];
}

function holds(data: readonly XmlElement[], way: readonly DataPath[], schema: SchemaIndex): boolean {
  let level = data;
  for (const { node, element } of way) {
    const wanted = idOf(element, node, schema);
    const entry = level.find((one) => sameNode(one, element) && idOf(one, node, schema) === wanted);
    // A container without presence is there wherever its parent is (RFC 7950 §7.5.1), though nobody writes it.
    if (entry === undefined && (node.kind === 'list' || node.presence)) return false;
    level = entry === undefined ? [] : childElements(entry);
  }
  return true;
}

const sameNode = (one: XmlElement, other: XmlElement) => one.name === other.name && one.namespace === other.namespace;

function idOf(element: XmlElement, node: DataPath['node'], schema: SchemaIndex): string | undefined {
  const identity = identityOf(element, node, schema);
  return 'id' in identity ? identity.id : undefined;
}
