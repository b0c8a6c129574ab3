import { childElements, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { identityOf } from './node-identity.ts';

/** Where a new or moved entry of a list goes (RFC 7950 §7.8.6). */
export type Place =
  | { readonly at: 'first' }
  | { readonly at: 'last' }
  | { readonly at: 'before' | 'after'; readonly id: string };

interface Held {
  readonly id: string;
  element: XmlElement;
  readonly node: SchemaNode | undefined;
  before: Held | undefined;
  after: Held | undefined;
}

/** The instances of one schema node, in their order. */
interface Chain {
  first: Held | undefined;
  last: Held | undefined;
}

/**
 * The children of one data node while they are edited: found by identity, each list in its order. Instances of one node
 * stand together; between different nodes order has no meaning (RFC 7950 §7.8.5).
 */
export class Siblings {
  readonly parent: SchemaNode | undefined;
  readonly #schema: SchemaIndex;
  readonly #held = new Map<string, Held>();
  readonly #chains = new Map<SchemaNode | undefined, Chain>();
  #unknown = 0;

  constructor(children: readonly XmlElement[], parent: SchemaNode | undefined, schema: SchemaIndex) {
    this.parent = parent;
    this.#schema = schema;
    for (const element of children) {
      const node = schema.child(parent, element.namespace, element.name);
      const id = node === undefined ? undefined : idOf(element, node, schema);
      if (id === undefined || this.#held.has(id)) this.add(element, node);
      else this.set(id, element, node);
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
    const held = this.#held.get(id);
    if (held !== undefined) {
      held.element = element;
      return;
    }
    const added = { id, element, node, before: undefined, after: undefined };
    this.#held.set(id, added);
    this.#link(added, this.#chainOf(node).last, undefined);
  }

  /** What has no identity: an entry of a list without keys, data of no known schema. */
  add(element: XmlElement, node: SchemaNode | undefined): void {
    this.set(`${NO_IDENTITY}${this.#unknown++}`, element, node);
  }

  delete(id: string): boolean {
    const held = this.#held.get(id);
    if (held === undefined) return false;
    this.#unlink(held);
    return this.#held.delete(id);
  }

  /** Puts an entry among those of its own list or leaf-list. False where the one to stand beside is not there. */
  place(id: string, place: Place): boolean {
    const moved = this.#held.get(id);
    if (moved === undefined) return false;
    if ('id' in place) {
      const beside = this.#held.get(place.id);
      if (beside === undefined || beside.node !== moved.node) return false;
      if (beside === moved) return true;
      this.#unlink(moved);
      if (place.at === 'before') this.#link(moved, beside.before, beside);
      else this.#link(moved, beside, beside.after);
      return true;
    }
    this.#unlink(moved);
    const chain = this.#chainOf(moved.node);
    if (place.at === 'first') this.#link(moved, undefined, chain.first);
    else this.#link(moved, chain.last, undefined);
    return true;
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of [...this.#held.keys()]) if (!ids.has(id)) this.delete(id);
  }

  /** A node of one case makes the nodes of the others go (RFC 7950 §7.9). */
  dropOtherCases(node: SchemaNode): void {
    for (const { choice, branch } of this.#schema.casesOf(this.parent, node)) {
      for (const [other, chain] of this.#chains) {
        if (other === undefined || chain.first === undefined) continue;
        const same = this.#schema.casesOf(this.parent, other).find((one) => one.choice === choice);
        if (same === undefined || same.branch === branch) continue;
        while (chain.first !== undefined) this.delete(chain.first.id);
      }
    }
  }

  elements(): XmlElement[] {
    const all: XmlElement[] = [];
    for (const { first } of this.#chains.values()) {
      for (let held = first; held !== undefined; held = held.after) all.push(held.element);
    }
    return all;
  }

  /** With their identities; each list in its order. */
  *entries(): Generator<[id: string | undefined, element: XmlElement, node: SchemaNode | undefined]> {
    for (const { first } of this.#chains.values()) {
      for (let held = first; held !== undefined; held = held.after) {
        yield [held.id.startsWith(NO_IDENTITY) ? undefined : held.id, held.element, held.node];
      }
    }
  }

  #chainOf(node: SchemaNode | undefined): Chain {
    let chain = this.#chains.get(node);
    if (chain === undefined) {
      chain = { first: undefined, last: undefined };
      this.#chains.set(node, chain);
    }
    return chain;
  }

  #link(held: Held, before: Held | undefined, after: Held | undefined): void {
    const chain = this.#chainOf(held.node);
    held.before = before;
    held.after = after;
    if (before === undefined) chain.first = held;
    else before.after = held;
    if (after === undefined) chain.last = held;
    else after.before = held;
  }

  #unlink({ node, before, after }: Held): void {
    const chain = this.#chainOf(node);
    if (before === undefined) chain.first = after;
    else before.after = after;
    if (after === undefined) chain.last = before;
    else after.before = before;
  }
}

/** No identity begins so: they begin with a module's name. */
const NO_IDENTITY = '#';

function idOf(element: XmlElement, node: SchemaNode, schema: SchemaIndex): string | undefined {
  if (node.kind === 'list' && (node.keys?.length ?? 0) === 0) return undefined;
  const identity = identityOf(element, node, schema);
  return 'id' in identity ? identity.id : undefined;
}
