import type { SchemaModule, SchemaNode } from 'libyang-wasm';

/** The modules bindings are made for: ours, in the order of their dependencies. */
export const OUR_MODULES = [
  'ietf-subscriber-service-message',
  'ietf-portal-backend-message',
  'sublane-service',
  'sublane-headend',
] as const;

/** What is generated from: our modules, and all others for their namespaces. */
export interface SchemaInput {
  readonly ours: readonly SchemaModule[];
  readonly modules: ReadonlyMap<string, SchemaModule>;
}

export function schemaInput(schema: readonly SchemaModule[]): SchemaInput {
  const modules = new Map(schema.map((module) => [module.name, module]));
  const ours = OUR_MODULES.map((name) => {
    const module = modules.get(name);
    if (module === undefined) throw new Error(`module ${name} is not in the schema`);
    return module;
  });
  return { ours, modules };
}

/**
 * The data nodes below a node: choices and cases are seen neither in JSON nor in XML (RFC 7950 §7.9). What a case holds
 * is there only when that case is, whatever it says of itself: a condition like any other.
 */
export function dataChildren(node: { readonly children?: readonly SchemaNode[] }): readonly SchemaNode[] {
  return (node.children ?? []).flatMap((child) => {
    if (child.kind !== 'choice' && child.kind !== 'case') return [child];
    return dataChildren(child).map((one) => ({ ...one, when: one.when ?? [`case of ${child.name}`] }));
  });
}

/** Keys first, in the order of the key statement (RFC 7950 §7.8.5); then the order of the schema. */
export function keysFirst(node: SchemaNode): readonly SchemaNode[] {
  const keys = node.keys ?? [];
  const children = dataChildren(node);
  return [
    ...keys.map((key) => children.find(({ name }) => name === key)!),
    ...children.filter(({ name }) => !keys.includes(name)),
  ];
}

/** The parameters of an rpc in one direction. */
export function parameters(rpc: SchemaNode, direction: 'input' | 'output'): readonly SchemaNode[] {
  const node = rpc.children?.find(({ kind }) => kind === direction);
  return node === undefined ? [] : dataChildren(node);
}
