import { ok, type Result } from '@sublane/basics';
import {
  CAPABILITY,
  capabilityParameters,
  childElement,
  childElements,
  elementText,
  MONITORING_NAMESPACE,
  type XmlElement,
} from '@sublane/netconf';
import { childText } from '../child-text.ts';
import type { ClientOperations } from '../client-operations.ts';
import type { RpcFailure } from '../failures.ts';
import type { CallOptions } from '../rpc-calls.ts';

/** A module or submodule that a server has. */
export interface AnnouncedModule {
  readonly name: string;
  readonly revision?: string;
  readonly namespace?: string;
  /** False: it is there for others to import. */
  readonly implemented: boolean;
  readonly features: readonly string[];
  readonly submodules: readonly { readonly name: string; readonly revision?: string }[];
}

export interface Announced {
  /** Where the list is from: the first of these that the server has (RFC 8525, RFC 7895, RFC 6020 §5.6.4). */
  readonly from: 'yang-library-1.1' | 'yang-library-1.0' | 'hello';
  /** Changes with the list: `content-id`, or `module-set-id`. */
  readonly contentId?: string;
  readonly modules: readonly AnnouncedModule[];
}

const LIBRARY = 'urn:ietf:params:xml:ns:yang:ietf-yang-library';

/** The id of what the server has, told by its hello. */
export function announcedContentId(capabilities: readonly string[]): string | undefined {
  return (
    capabilityParameters(capabilities, CAPABILITY.yangLibrary11)?.get('content-id') ??
    capabilityParameters(capabilities, CAPABILITY.yangLibrary)?.get('module-set-id') ??
    undefined
  );
}

/** Asks the server which modules it has. */
export async function readAnnounced(
  client: ClientOperations & { readonly capabilities: readonly string[] },
  options: CallOptions,
): Promise<Result<Announced, RpcFailure>> {
  const { capabilities } = client;
  const contentId = announcedContentId(capabilities);
  const id = contentId === undefined ? {} : { contentId };
  for (const [capability, top, from, read] of LIBRARIES) {
    if (capabilityParameters(capabilities, capability) === undefined) continue;
    const reply = await client.get({ ...options, filter: { subtree: `<${top} xmlns="${LIBRARY}"/>` } });
    // A server that announces a library and does not show it: the next source may do.
    if (!reply.ok && reply.failure.kind !== 'refused') return reply;
    const element = reply.ok ? childElement(reply.value.data, top, LIBRARY) : undefined;
    const modules = element === undefined ? [] : read(element);
    if (modules.length > 0) return ok({ from, ...id, modules: await withImports(client, modules, options) });
  }
  const modules = capabilities.flatMap(helloModule);
  return ok({ from: 'hello', ...id, modules: await withImports(client, modules, options) });
}

const LIBRARIES = [
  [CAPABILITY.yangLibrary11, 'yang-library', 'yang-library-1.1', readLibrary],
  [CAPABILITY.yangLibrary, 'modules-state', 'yang-library-1.0', readModulesState],
] as const;

/** RFC 8525 §4. */
function readLibrary(library: XmlElement): AnnouncedModule[] {
  return all(library, 'module-set').flatMap((set) => [
    ...all(set, 'module').map((module) => readModule(module, true)),
    ...all(set, 'import-only-module').map((module) => readModule(module, false)),
  ]);
}

/** RFC 7895 §2.2. */
function readModulesState(state: XmlElement): AnnouncedModule[] {
  return all(state, 'module').map((module) => readModule(module, childText(module, 'conformance-type') !== 'import'));
}

function readModule(module: XmlElement, implemented: boolean): AnnouncedModule {
  const namespace = childText(module, 'namespace');
  return {
    ...nameAndRevision(module),
    ...(namespace !== undefined && { namespace }),
    implemented,
    features: all(module, 'feature').map(elementText),
    submodules: all(module, 'submodule').map(nameAndRevision),
  };
}

function nameAndRevision(element: XmlElement): { readonly name: string; readonly revision?: string } {
  const revision = childText(element, 'revision');
  return { name: childText(element, 'name') ?? '', ...(revision && { revision }) };
}

/** `urn:a?module=a&revision=2026-01-01&features=b,c` (RFC 6020 §5.6.4). */
function helloModule(capability: string): AnnouncedModule[] {
  const [namespace = '', query = ''] = capability.split('?', 2);
  const parameters = new URLSearchParams(query);
  const name = parameters.get('module');
  if (name === null) return [];
  const revision = parameters.get('revision');
  const features = (parameters.get('features') ?? '').split(',').filter((feature) => feature !== '');
  return [{ name, ...(revision && { revision }), namespace, implemented: true, features, submodules: [] }];
}

/** What the server can show besides (RFC 6022 §2.1.3): submodules and modules that are only imported. */
async function withImports(
  client: ClientOperations,
  modules: readonly AnnouncedModule[],
  options: CallOptions,
): Promise<readonly AnnouncedModule[]> {
  const subtree = `<netconf-state xmlns="${MONITORING_NAMESPACE}"><schemas/></netconf-state>`;
  const reply = await client.get({ ...options, filter: { subtree } });
  const state = reply.ok ? childElement(reply.value.data, 'netconf-state', MONITORING_NAMESPACE) : undefined;
  const schemas = state && childElement(state, 'schemas', MONITORING_NAMESPACE);
  if (schemas === undefined) return modules;
  const known = new Set(modules.flatMap(({ name, submodules }) => [name, ...submodules.map((one) => one.name)]));
  const more = all(schemas, 'schema').flatMap((schema): AnnouncedModule[] => {
    const name = childText(schema, 'identifier') ?? '';
    const revision = childText(schema, 'version');
    if (known.has(name) || childText(schema, 'format')?.replace(/^.*:/, '') !== 'yang') return [];
    const namespace = childText(schema, 'namespace');
    return [
      {
        name,
        ...(revision && { revision }),
        ...(namespace && { namespace }),
        implemented: false,
        features: [],
        submodules: [],
      },
    ];
  });
  return [...modules, ...more];
}

function all(parent: XmlElement, name: string): XmlElement[] {
  return childElements(parent).filter((child) => child.name === name);
}
