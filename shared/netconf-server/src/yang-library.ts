import { ok } from '@sublane/basics';
import { CAPABILITY, escapeText } from '@sublane/netconf';
import type { SchemaModule } from 'libyang-wasm';
import type { OperationalProvider } from './operational.ts';
import type { SchemaIndex } from './schema-index.ts';
import type { SchemaSet } from './schema-set.ts';

const MODULE = 'ietf-yang-library';
const NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-library';
const DATASTORES_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-datastores';
/** The one module-set, and the one schema, that all datastores have. */
const NAME = 'complete';

/**
 * `yang-library` (RFC 8525), and `modules-state` (RFC 7895) for older clients. `datastores`: those that RFC 8342 names,
 * which the server has.
 */
export function yangLibraryProviders(set: SchemaSet, datastores: readonly string[]): readonly OperationalProvider[] {
  const [library, state] = [yangLibrary(set, datastores), modulesState(set)];
  return [
    { module: MODULE, name: 'yang-library', read: () => ok(library) },
    { module: MODULE, name: 'modules-state', read: () => ok(state) },
  ];
}

const leaf = (name: string, value: string) => `<${name}>${escapeText(value)}</${name}>`;
const leaves = (name: string, values: readonly string[]) => values.map((value) => leaf(name, value)).join('');

function yangLibrary({ modules, id }: SchemaSet, datastores: readonly string[]): string {
  const own = modules.filter(({ implemented }) => implemented).map((module) => `<module>${entry(module)}</module>`);
  const imported = modules
    .filter(({ implemented }) => !implemented)
    // "The key of this list": a revision is always there, if empty (RFC 8525 §3, import-only-module).
    .map((module) => `<import-only-module>${entry(module, '')}</import-only-module>`);
  const entries = datastores.map(
    (name) =>
      `<datastore><name xmlns:ds="${DATASTORES_NAMESPACE}">ds:${name}</name>${leaf('schema', NAME)}</datastore>`,
  );
  return (
    `<yang-library xmlns="${NAMESPACE}"><module-set>${leaf('name', NAME)}${own.join('')}${imported.join('')}</module-set>` +
    `<schema>${leaf('name', NAME)}${leaf('module-set', NAME)}</schema>${entries.join('')}` +
    `${leaf('content-id', id)}</yang-library>`
  );
}

function entry(module: SchemaModule, revision?: string): string {
  const { name, namespace, implemented, features, submodules, deviatedBy } = module;
  const dated = module.revision ?? revision;
  const inner = submodules.map(
    (one) =>
      `<submodule>${leaf('name', one.name)}${one.revision === undefined ? '' : leaf('revision', one.revision)}</submodule>`,
  );
  return (
    `${leaf('name', name)}${dated === undefined ? '' : leaf('revision', dated)}${leaf('namespace', namespace)}` +
    `${inner.join('')}${implemented ? leaves('feature', features) + leaves('deviation', deviatedBy) : ''}`
  );
}

function modulesState({ modules, id }: SchemaSet): string {
  const entries = modules.map(({ name, revision = '', namespace, features, submodules, deviatedBy, implemented }) => {
    const deviations = deviatedBy.map((other) => {
      const dated = modules.find((module) => module.name === other)?.revision ?? '';
      return `<deviation>${leaf('name', other)}${leaf('revision', dated)}</deviation>`;
    });
    const inner = submodules.map(
      (one) => `<submodule>${leaf('name', one.name)}${leaf('revision', one.revision ?? '')}</submodule>`,
    );
    return (
      `<module>${leaf('name', name)}${leaf('revision', revision)}${leaf('namespace', namespace)}` +
      `${leaves('feature', features)}${deviations.join('')}` +
      `${leaf('conformance-type', implemented ? 'implement' : 'import')}${inner.join('')}</module>`
    );
  });
  return `<modules-state xmlns="${NAMESPACE}">${leaf('module-set-id', id)}${entries.join('')}</modules-state>`;
}

/** RFC 7950 §5.6.4 (`:yang-library:1.0`), RFC 8526 §2 (`:yang-library:1.1`). */
export function yangLibraryCapabilities(schema: SchemaIndex, { id }: SchemaSet): readonly string[] {
  const module = schema.moduleNamed(MODULE);
  if (module?.implemented !== true || module.revision === undefined) return [];
  const { revision } = module;
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
export function moduleCapabilities({ modules }: SchemaSet): readonly string[] {
  return modules
    .filter(({ implemented }) => implemented)
    .map(({ name, namespace, revision, features, deviatedBy }) => {
      const parameters = [`module=${name}`];
      if (revision !== undefined) parameters.push(`revision=${revision}`);
      if (features.length > 0) parameters.push(`features=${features.join(',')}`);
      if (deviatedBy.length > 0) parameters.push(`deviations=${deviatedBy.join(',')}`);
      return `${namespace}?${parameters.join('&')}`;
    });
}
