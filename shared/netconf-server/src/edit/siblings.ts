import { childElements, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { identityOf } from './node-identity.ts';

interface Held {
  readonly element: XmlElement;
  readonly node: SchemaNode | undefined;
}

/** Where a new or moved entry of a list goes (RFC 7950 §7.8.6). */
export type Place =
  | { readonly at: 'first' }
  | { readonly at: 'last' }
  | { readonly at: 'before' | 'after'; readonly id: string };

/** The children of one data node while they are edited: found by identity, kept in order. */
export class Siblings {
  readonly parent: SchemaNode | undefined;
  readonly #schema: SchemaIndex;
  #held = new Map<string, Held>();

  constructor(children: readonly XmlElement[], parent: SchemaNode | undefined, schema: SchemaIndex) {
    this.parent = parent;
    this.#schema = schema;
    let unknown = 0;
    for (const element of children) {
      const node = schema.child(parent, element.namespace, element.name);
      const identity = node && identityOf(element, node, schema);
      // What has no identity (a list without keys, data of no known schema) is kept as it is.
      const id = identity !== undefined && 'id' in identity ? identity.id : '';
      this.#held.set(id === '' || this.#held.has(id) || !hasIdentity(node) ? `#${unknown++}` : id, { element, node });
    }
  }

  static of(element: XmlElement | undefined, node: SchemaNode, schema: SchemaIndex): Siblings {
    return new Siblings(element === undefined ? [] : childElements(element), node, schema);
  }

  get(id: string): XmlElement | undefined {
    return this.#held.get(id)?.element;
  }

  /** In its old place, or last. */
  set(id: string, element: XmlElement, node: SchemaNode | undefined): void {
    this.#held.set(id, { element, node });
  }

  add(element: XmlElement, node: SchemaNode | undefined): void {
    this.#held.set(`+${this.#held.size}`, { element, node });
  }

  delete(id: string): boolean {
    return this.#held.delete(id);
  }

  /** Puts an entry among those of its own list or leaf-list. False where the one to stand beside is not there. */
  place(id: string, node: SchemaNode, place: Place): boolean {
    const moved = this.#held.get(id);
    if (moved === undefined) return false;
    const others = [...this.#held].filter(([other]) => other !== id);
    let index: number;
    if (place.at === 'first' || place.at === 'last') {
      const own = others.map(([, held]) => held.node === node);
      const first = own.indexOf(true);
      index = first < 0 ? others.length : place.at === 'first' ? first : own.lastIndexOf(true) + 1;
    } else {
      const beside = others.findIndex(([other]) => other === place.id);
      if (beside < 0) return false;
      index = place.at === 'before' ? beside : beside + 1;
    }
    others.splice(index, 0, [id, moved]);
    this.#held = new Map(others);
    return true;
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#held.keys()) if (!ids.has(id)) this.#held.delete(id);
  }

  /** A node of one case makes the nodes of the others go (RFC 7950 §7.9). */
  dropOtherCases(node: SchemaNode): void {
    for (const { choice, branch } of this.#schema.casesOf(this.parent, node)) {
      for (const [id, held] of this.#held) {
        if (held.node === undefined) continue;
        const same = this.#schema.casesOf(this.parent, held.node).find((other) => other.choice === choice);
        if (same !== undefined && same.branch !== branch) this.#held.delete(id);
      }
    }
  }

  elements(): XmlElement[] {
    return Array.from(this.#held.values(), ({ element }) => element);
  }

  entries(): IterableIterator<[string, Held]> {
    return this.#held.entries();
  }
}

const hasIdentity = (node: SchemaNode | undefined) =>
  node !== undefined && (node.kind !== 'list' || (node.keys?.length ?? 0) > 0);
