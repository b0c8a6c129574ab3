import { createHash } from 'node:crypto';
import { failed, ok } from '@sublane/basics';
import { CAPABILITY, CLIENT_LIMITS, childElements, readXml, rpcError, writeXml } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type { OperationalProvider } from './operational.ts';
import type { SchemaIndex } from './schema-index.ts';

const MODULE = 'ietf-yang-library';

/** Changes with the modules and their features, and with nothing else (RFC 8525 §3). */
export function contentId(schema: SchemaIndex): string {
  const set = schema.modules.map(({ name, revision, implemented, features }) =>
    [name, revision ?? '', implemented, ...features.toSorted()].join(' '),
  );
  return createHash('sha256').update(set.toSorted().join('\n')).digest('hex').slice(0, 16);
}

/** `yang-library` (RFC 8525), and `modules-state` (RFC 7895) for older clients, as libyang gives them. */
export function yangLibraryProviders(context: Context, id: string): readonly OperationalProvider[] {
  let roots: ReadonlyMap<string, string> | undefined;
  const read = (name: string) => {
    roots ??= libraryRoots(context, id);
    const xml = roots?.get(name);
    if (roots !== undefined) return ok(xml ?? '');
    return failed([rpcError.operationFailed('application', { message: 'the YANG library could not be made' })]);
  };
  return ['yang-library', 'modules-state'].map((name) => ({ module: MODULE, name, read: () => read(name) }));
}

function libraryRoots(context: Context, id: string): ReadonlyMap<string, string> | undefined {
  const made = context.yangLibrary(id);
  if (!made.ok) return undefined;
  using tree = made.value;
  const printed = tree.print('xml');
  if (!printed.ok) return undefined;
  const parsed = readXml(`<data>${printed.value}</data>`, CLIENT_LIMITS);
  return parsed.ok ? new Map(childElements(parsed.value).map((root) => [root.name, writeXml(root)])) : undefined;
}

/** RFC 7950 §5.6.4 (`:yang-library:1.0`), RFC 8526 §2 (`:yang-library:1.1`). */
export function yangLibraryCapabilities(schema: SchemaIndex, id: string): readonly string[] {
  const revision = schema.moduleNamed(MODULE)?.revision;
  if (revision === undefined) return [];
  return revision < '2019-01-04'
    ? [`${CAPABILITY.yangLibrary}?revision=${revision}&module-set-id=${id}`]
    : [
        `${CAPABILITY.yangLibrary}?revision=${revision}&module-set-id=${id}`,
        `${CAPABILITY.yangLibrary11}?revision=${revision}&content-id=${id}`,
      ];
}

/**
 * A capability for each module implemented, as RFC 6020 §5.6.4 has it. RFC 7950 asks for it of YANG 1.0 modules only;
 * clients (yangcli among them) go by it for all.
 */
export function moduleCapabilities(schema: SchemaIndex): readonly string[] {
  return schema.modules
    .filter(({ implemented }) => implemented)
    .map(({ name, namespace, revision, features }) => {
      const parameters = [`module=${name}`];
      if (revision !== undefined) parameters.push(`revision=${revision}`);
      if (features.length > 0) parameters.push(`features=${features.join(',')}`);
      return `${namespace}?${parameters.join('&')}`;
    });
}
