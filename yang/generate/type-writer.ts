import type { SchemaNode } from 'libyang-wasm';
import { docComment } from './comment-text.ts';
import { factsOf } from './leaf-facts.ts';
import { type LeafType, leafType } from './leaf-type.ts';
import { dataChildren, keysFirst } from './schema-input.ts';
import { BETTER_NAMES, IDENTITY_NAMES, pascalCase } from './type-names.ts';

/** The file of types that stand for sets of identities. */
const IDENTITIES = 'identities';

/**
 * Collects type declarations by file. A container or list is a type of its own, in the file of the module whose namespace
 * it has; two with the same members, as from one grouping, are one type.
 */
export class TypeWriter {
  readonly #files = new Map<string, { readonly declarations: string[]; readonly uses: Set<string> }>();
  /** Where a type is declared. */
  readonly #home = new Map<string, string>();
  /** Types by what stands between their braces. */
  readonly #byBody = new Map<string, string>();

  /** A type that keeps its name, whatever else has the same members. */
  top(
    file: string,
    name: string,
    nodes: readonly SchemaNode[],
    module: string | undefined,
    doc: readonly string[],
  ): void {
    const uses = new Set<string>();
    this.#declare(file, name, this.#object(nodes, module, name === 'Data' ? '' : name, [], uses), doc);
    this.use(file, ...uses);
  }

  append(file: string, ...declarations: string[]): void {
    this.#file(file).declarations.push(...declarations);
  }

  use(file: string, ...names: string[]): void {
    for (const name of names) this.#file(file).uses.add(name);
  }

  files(): Map<string, string> {
    return new Map(
      [...this.#files].map(([file, { declarations }]) => [file, `${this.#imports(file)}${declarations.join('\n')}`]),
    );
  }

  #imports(file: string): string {
    const foreign = [...this.#file(file).uses].filter((name) => this.#home.get(name) !== file).sort();
    const byHome = [...Map.groupBy(foreign, (name) => this.#home.get(name) ?? '')].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = byHome.map(([home, names]) => `import type { ${names.join(', ')} } from './${home}.ts';\n`);
    return lines.length === 0 ? '' : `${lines.join('')}\n`;
  }

  #file(name: string) {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = { declarations: [], uses: new Set() };
      this.#files.set(name, file);
    }
    return file;
  }

  #declare(file: string, name: string, body: string, doc: readonly string[]): void {
    if (this.#home.has(name)) throw new Error(`two types are named ${name}: give one a better name in type-names.ts`);
    this.#home.set(name, file);
    this.#file(file).declarations.push(
      `${docComment(doc, '')}export type ${name} =${body.startsWith('\n') ? '' : ' '}${body};\n`,
    );
  }

  #object(
    nodes: readonly SchemaNode[],
    module: string | undefined,
    path: string,
    keys: readonly string[],
    uses: Set<string>,
  ): string {
    const members = nodes.map((node) => this.#member(node, module, path, keys.includes(node.name), uses));
    // What has no member must stay without one: {} alone would take anything.
    return members.length === 0 ? '{ readonly [member: string]: never }' : `{\n${members.join('')}}`;
  }

  #member(node: SchemaNode, module: string | undefined, path: string, key: boolean, uses: Set<string>): string {
    const name = node.module === module ? node.name : `${node.module}:${node.name}`;
    const shown = /^[a-z][a-z0-9]*$/.test(name) ? name : `'${name}'`;
    const many = node.kind === 'list' || node.kind === 'leaf-list';
    const one =
      node.kind === 'leaf' || node.kind === 'leaf-list'
        ? this.#value(leafType(node), uses)
        : this.#structure(node, path, uses);
    const type = !many ? one : `readonly ${one.includes(' | ') ? `(${one})` : one}[]`;
    return `${docComment(factsOf(node), '  ')}  readonly ${shown}${key || isRequired(node) ? '' : '?'}: ${type};\n`;
  }

  #structure(node: SchemaNode, path: string, uses: Set<string>): string {
    const full = path + pascalCase(node.name);
    const name = BETTER_NAMES[full] ?? full;
    const home = node.module;
    const inner = new Set<string>();
    const body = this.#object(keysFirst(node), node.module, name, node.keys ?? [], inner);
    let known = this.#byBody.get(body);
    if (known === undefined) {
      known = name;
      this.#byBody.set(body, name);
      this.#declare(home, name, body, []);
      this.use(home, ...inner);
    }
    uses.add(known);
    return known;
  }

  #value(type: LeafType, uses: Set<string>): string {
    switch (type.json) {
      case 'integer':
        return 'number';
      case 'long':
      case 'decimal':
      case 'string':
        return 'string';
      case 'boolean':
        return 'boolean';
      case 'empty':
        return 'readonly [null]';
      case 'enumeration':
        return type.names.map((name) => `'${name}'`).join(' | ');
      case 'identityref':
        return this.#identities(
          type.identities.map(({ module, name }) => `${module}:${name}`),
          uses,
        );
      case 'union':
        return [...new Set(type.members.map((member) => this.#value(member, uses)))].join(' | ');
    }
  }

  /** Sets of identities are long: each is a type, named by hand. */
  #identities(names: readonly string[], uses: Set<string>): string {
    const body = names.map((name) => `\n  | '${name}'`).join('');
    let known = this.#byBody.get(body);
    if (known === undefined) {
      known = IDENTITY_NAMES[names[0]!];
      if (known === undefined) throw new Error(`the identities from ${names[0]} on have no name in type-names.ts`);
      this.#byBody.set(body, known);
      this.#declare(IDENTITIES, known, body, []);
    }
    uses.add(known);
    return known;
  }
}

/** Whether valid data always has the node where it has the node's parent. */
function isRequired(node: SchemaNode): boolean {
  if (node.when) return false;
  switch (node.kind) {
    case 'leaf':
      return node.mandatory === true;
    case 'list':
    case 'leaf-list':
      return (node.minElements ?? 0) > 0;
    case 'container':
      // Without presence it means nothing by itself: it is there when a child must be (RFC 7950 §7.5.1).
      return !node.presence && dataChildren(node).some(isRequired);
    default:
      return false;
  }
}
