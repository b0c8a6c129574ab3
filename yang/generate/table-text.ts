import type { SchemaNode } from 'libyang-wasm';
import { type LeafType, leafType } from './leaf-type.ts';
import { dataChildren, keysFirst, parameters, type SchemaInput } from './schema-input.ts';

/** The file that holds the encoder's schema table. */
export function tableText(input: SchemaInput): string {
  const table = new TableWriter(input);
  const rpcs = input.ours.flatMap(({ name, rpcs }) =>
    rpcs.map((rpc) => `    ${quote(`${name}:${rpc.name}`)}: ${table.rpc(rpc)},`),
  );
  const notifications = input.ours.flatMap(({ name, notifications }) =>
    notifications.map((node) => `    ${quote(`${name}:${node.name}`)}: ${table.nodes(dataChildren(node), '    ')},`),
  );
  const data = table.nodes(
    input.ours.flatMap((module) => module.nodes.flatMap((node) => dataChildren({ children: [node] }))),
    '  ',
  );
  return `import type { SchemaTable } from '../src/encoder/schema-table.ts';

export const SCHEMA_TABLE: SchemaTable = {
  modules: [
${table.modules().join('\n')}
  ],
  identities: [
${table.identitySets().join('\n')}
  ],
  rpcs: {
${rpcs.join('\n')}
  },
  notifications: {
${notifications.join('\n')}
  },
  data: ${data},
};
`;
}

/** Numbers the modules and the sets of identities in the order in which they are met. */
class TableWriter {
  readonly #input: SchemaInput;
  readonly #modules: string[] = [];
  readonly #identitySets: string[] = [];

  constructor(input: SchemaInput) {
    this.#input = input;
    for (const { name } of input.ours) this.#module(name);
  }

  modules(): string[] {
    return this.#modules.map((name) => {
      const { namespace, prefix } = this.#input.modules.get(name)!;
      return `    [${[name, namespace, prefix].map(quote).join(', ')}],`;
    });
  }

  identitySets(): string[] {
    return this.#identitySets.map((set) => `    [${set}],`);
  }

  rpc(rpc: SchemaNode): string {
    const parts = (['input', 'output'] as const).flatMap((direction) => {
      const nodes = parameters(rpc, direction);
      return nodes.length === 0 ? [] : [`      ${direction}: ${this.nodes(nodes, '      ')},\n`];
    });
    return parts.length === 0 ? '{}' : `{\n${parts.join('')}    }`;
  }

  nodes(nodes: readonly SchemaNode[], indent: string): string {
    return `[\n${nodes.map((node) => `${indent}  ${this.#node(node, `${indent}  `)},\n`).join('')}${indent}]`;
  }

  #node(node: SchemaNode, indent: string): string {
    const head = `[${quote(node.kind)}, ${quote(node.name)}, ${this.#module(node.module)}, `;
    switch (node.kind) {
      case 'leaf':
      case 'leaf-list':
        return `${head}${this.#type(leafType(node))}]`;
      case 'container':
        return `${head}${this.nodes(dataChildren(node), indent)}]`;
      case 'list':
        return `${head}${this.nodes(keysFirst(node), indent)}, [${(node.keys ?? []).map(quote).join(', ')}]]`;
      default:
        throw new Error(`${node.name}: bindings know no ${node.kind}`);
    }
  }

  #type(type: LeafType): string {
    switch (type.json) {
      case 'enumeration':
        return `['enumeration', ${type.names.map(quote).join(', ')}]`;
      case 'identityref':
        return `['identityref', ${this.#identities(type.identities)}]`;
      case 'union':
        return quote('union');
      default:
        return quote(type.json);
    }
  }

  #identities(identities: readonly { readonly module: string; readonly name: string }[]): number {
    const byModule = Map.groupBy(identities, ({ module }) => module);
    const set = [...byModule]
      .map(([module, members]) => `[${this.#module(module)}, [${members.map(({ name }) => quote(name)).join(', ')}]]`)
      .join(', ');
    return indexOf(this.#identitySets, set);
  }

  #module(name: string): number {
    return indexOf(this.#modules, name);
  }
}

function indexOf(known: string[], one: string): number {
  const at = known.indexOf(one);
  return at >= 0 ? at : known.push(one) - 1;
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
