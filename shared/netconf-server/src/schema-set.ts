import { createHash } from 'node:crypto';
import type { Context, SchemaModule } from 'libyang-wasm';
import type { SchemaIndex } from './schema-index.ts';

/** The modules that a server announces, and serves with get-schema: the same everywhere. */
export interface SchemaSet {
  readonly modules: readonly SchemaModule[];
  /** Changes with the modules, their features and deviations, and with nothing else (RFC 8525 §3, RFC 7895 §2.2). */
  readonly id: string;
}

/**
 * What the context was asked to implement, and what that imports and includes. What libyang has besides for itself
 * (`yang`, schema mount) is no offer of this server.
 */
export function schemaSet(context: Context, schema: SchemaIndex): SchemaSet {
  const asked = new Set<string>();
  const ask = (name: string) => {
    if (asked.has(name)) return;
    asked.add(name);
    const text = context.moduleText(name);
    if (text.ok) for (const other of dependencies(text.value)) ask(other);
    for (const submodule of schema.moduleNamed(name)?.submodules ?? []) ask(submodule.name);
    for (const deviation of schema.moduleNamed(name)?.deviatedBy ?? []) ask(deviation);
  };
  for (const name of context.implemented) ask(name);
  const modules = schema.modules
    .filter(({ name }) => asked.has(name))
    // libyang implements it for itself, wherever somebody imports it.
    .map((one) => (one.name === SCHEMA_MOUNT && !isAsked(one.name, context) ? { ...one, implemented: false } : one));
  return { modules, id: contentId(modules) };
}

const SCHEMA_MOUNT = 'ietf-yang-schema-mount';
const isAsked = (name: string, context: Context) => context.implemented.includes(name);

const STATEMENT = /\b(?:import|include)\s+["']?([A-Za-z_][\w.-]*)["']?\s*[{;]/g;

/** Names after `import` and `include`; also those in comments, which does no harm. */
function dependencies(text: string): string[] {
  return Array.from(text.matchAll(STATEMENT), ([, name]) => name!);
}

function contentId(modules: readonly SchemaModule[]): string {
  const set = modules.map(({ name, revision, implemented, features, deviatedBy, submodules }) =>
    JSON.stringify([name, revision, implemented, features.toSorted(), deviatedBy.toSorted(), submodules]),
  );
  return createHash('sha256').update(set.toSorted().join('\n')).digest('hex').slice(0, 16);
}
