import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, type RpcError, readXml, rpcError, type XmlElement } from '@sublane/netconf';
import type { DataFilter, Shape } from '../filter/data-filter.ts';
import type { OperationalProvider } from '../operational.ts';
import { readable } from '../read-access.ts';
import { addDefaults, showDefaults } from '../with-defaults/show-defaults.ts';
import type { WithDefaults } from '../with-defaults/with-defaults-parameter.ts';
import type { OperationCall, OperationContext } from './operation.ts';

export interface Reading {
  readonly filter: DataFilter | undefined;
  readonly mode: WithDefaults;
  /** Is state part of the data? */
  readonly content: 'config' | 'all';
  /** Is done to the data, once its defaults are there. */
  readonly prepare?: (data: readonly XmlElement[]) => readonly XmlElement[];
  /** Shapes each node that the filter selects; without a filter, each top-level node. */
  readonly whole?: Shape;
}

/** What a reader gets of some data: what it may read, of that what its filter selects, with the defaults it asked for. */
export function selectData(
  data: readonly XmlElement[],
  { filter, mode, content, prepare = (all) => all, whole }: Reading,
  { session }: Pick<OperationCall, 'session'>,
  context: OperationContext,
): Result<readonly XmlElement[], RpcError> {
  const { schema, access, log } = context;
  const complete = addDefaults(data, mode, content, context);
  if (!complete.ok) {
    log.error({ failure: complete.failure }, 'the defaults of the data cannot be told');
    const message = 'the defaults of this data cannot be told';
    return failed(rpcError.operationFailed('application', { message }));
  }
  // First what may be read: a filter must not find out what is in the rest (RFC 8341 §3.2.4).
  const allowed = readable(prepare(complete.value), session.identity, access, schema);
  const selected = filter === undefined ? ok(shaped(allowed, whole, context)) : filter.select(allowed, whole);
  return selected.ok ? ok(showDefaults(selected.value, mode, schema)) : selected;
}

function shaped(data: readonly XmlElement[], whole: Shape | undefined, { schema }: OperationContext) {
  if (whole === undefined) return data;
  return data.map((element) => whole(element, schema.child(undefined, element.namespace, element.name)));
}

/** The state that one provider has, as much as the filter may need. */
export async function readState(
  provider: OperationalProvider,
  filter: DataFilter | undefined,
  { session, signal }: Pick<OperationCall, 'session' | 'signal'>,
  { schema }: Pick<OperationContext, 'schema'>,
): Promise<Result<readonly XmlElement[], readonly RpcError[]>> {
  const namespace = schema.moduleNamed(provider.module)?.namespace ?? '';
  const filters = filter?.ofRoot({ namespace, name: provider.name });
  if (filters?.length === 0) return ok([]);
  const whole = filters?.some((node) => node.children.every((child) => typeof child === 'string'));
  const read = await provider.read({ filters: whole ? undefined : filters, session, signal });
  if (!read.ok) return read;
  const parsed = readXml(`<data>${read.value}</data>`, CLIENT_LIMITS);
  if (!parsed.ok) throw new Error(`the state of ${provider.module}:${provider.name} is no XML: ${parsed.failure.kind}`);
  return ok(childElements(parsed.value));
}
