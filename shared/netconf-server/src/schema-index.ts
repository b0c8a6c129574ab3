import type { Context, SchemaModule, SchemaNode } from 'libyang-wasm';

/** One choice around a node, and the case of it the node stands in. */
export interface CaseOf {
  readonly choice: SchemaNode;
  readonly branch: SchemaNode;
}

type Values = Pick<Context, 'canonicalValue' | 'matches'>;

interface Children {
  readonly byName: ReadonlyMap<string, SchemaNode>;
  readonly cases: ReadonlyMap<SchemaNode, readonly CaseOf[]>;
}

/** A context's schema, found by what XML says: namespace and name. Choices and cases, which data does not show, are passed through. */
export class SchemaIndex {
  readonly modules: readonly SchemaModule[];
  /** What libyang knows of values and patterns, where it is there. */
  readonly values: Partial<Values>;
  readonly #byNamespace = new Map<string, SchemaModule>();
  readonly #byName = new Map<string, SchemaModule>();
  readonly #roots: Children;
  readonly #children = new WeakMap<SchemaNode, Children>();

  constructor(context: Pick<Context, 'schema'> & Partial<Values>) {
    this.values = context;
    this.modules = context.schema();
    for (const module of this.modules) {
      const other = this.#byName.get(module.name);
      if (other === undefined || module.implemented) {
        this.#byNamespace.set(module.namespace, module);
        this.#byName.set(module.name, module);
      }
    }
    this.#roots = indexed(this.modules.flatMap(({ nodes }) => nodes));
  }

  /** The module of a namespace: the implemented revision where there are several. */
  moduleOf(namespace: string): SchemaModule | undefined {
    return this.#byNamespace.get(namespace);
  }

  moduleNamed(name: string): SchemaModule | undefined {
    return this.#byName.get(name);
  }

  namespaceOf(node: SchemaNode): string {
    return this.#byName.get(node.module)?.namespace ?? '';
  }

  /** The data node of that name in `parent`, or at the top where there is none. */
  child(parent: SchemaNode | undefined, namespace: string, name: string): SchemaNode | undefined {
    const module = this.#byNamespace.get(namespace);
    return module && this.#childrenOf(parent).byName.get(`${module.name}:${name}`);
  }

  /** The same, among the notifications too: of what a filter may be held against. */
  dataOrEvent(parent: SchemaNode | undefined, namespace: string, name: string): SchemaNode | undefined {
    const found = this.child(parent, namespace, name);
    if (found !== undefined || parent !== undefined) return found;
    return this.#byNamespace.get(namespace)?.notifications.find((node) => node.name === name);
  }

  /** The choices around a node of `parent`, from the outermost; none for most. */
  casesOf(parent: SchemaNode | undefined, node: SchemaNode): readonly CaseOf[] {
    return this.#childrenOf(parent).cases.get(node) ?? [];
  }

  #childrenOf(parent: SchemaNode | undefined): Children {
    if (parent === undefined) return this.#roots;
    let children = this.#children.get(parent);
    if (children === undefined) {
      children = indexed(parent.children ?? []);
      this.#children.set(parent, children);
    }
    return children;
  }
}

function indexed(nodes: readonly SchemaNode[]): Children {
  const byName = new Map<string, SchemaNode>();
  const cases = new Map<SchemaNode, readonly CaseOf[]>();
  const walk = (level: readonly SchemaNode[], around: readonly CaseOf[]) => {
    for (const node of level) {
      if (node.kind === 'choice') {
        // A node directly in a choice is its own case (RFC 7950 §7.9.2).
        for (const branch of node.children ?? []) {
          walk(branch.kind === 'case' ? (branch.children ?? []) : [branch], [...around, { choice: node, branch }]);
        }
      } else {
        byName.set(`${node.module}:${node.name}`, node);
        if (around.length > 0) cases.set(node, around);
      }
    }
  };
  walk(nodes, []);
  return { byName, cases };
}
