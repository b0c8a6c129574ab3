import type { Libyang, SchemaModule } from 'libyang-wasm';
import { moduleSources } from '../src/module-files.ts';
import { OUR_MODULES, schemaInput } from './schema-input.ts';
import { tableText } from './table-text.ts';
import { typesText } from './types-text.ts';

const HEADER = '// Generated from yang/modules by "npm run generate"; not to be edited.\n';

/** The files of yang/bindings, by name. */
export function bindings(libyang: Libyang): Map<string, string> {
  const context = libyang.createContext({
    sources: moduleSources(),
    // iana-if-type: its identities count as values only where it is implemented.
    implement: [...OUR_MODULES, 'iana-if-type'].map((name) => ({ name, features: 'all' as const })),
  });
  if (!context.ok) throw new Error(`the modules do not load: ${JSON.stringify(context.failure)}`);
  using schema = context.value;
  return bindingsOf(schema.schema());
}

export function bindingsOf(schema: readonly SchemaModule[]): Map<string, string> {
  const input = schemaInput(schema);
  const types = typesText(input);
  const index = [...types.keys()].sort().map((file) => `export type * from './${file}.ts';\n`);
  const files: [string, string][] = [
    ...types,
    ['schema-table', tableText(input)],
    ['index', `${index.join('')}export { SCHEMA_TABLE } from './schema-table.ts';\n`],
  ];
  return new Map(files.map(([name, text]) => [`${name}.ts`, `${HEADER}${text}`]));
}
