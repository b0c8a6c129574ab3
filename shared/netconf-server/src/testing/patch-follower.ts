import { childElement, childElements, elementText, type XmlElement, xmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';

/**
 * A subscriber's picture of a datastore, made of what it is told and nothing else. Stricter than RFC 8641 asks: what is
 * created must not be there, everything else must.
 */
export class PatchFollower {
  readonly #schema: SchemaIndex;
  #data: XmlElement[] = [];

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  /** The picture in a form that does not mind the order of what has none. */
  get picture(): unknown {
    return picture(this.#data, undefined, this.#schema);
  }

  static pictureOf(data: readonly XmlElement[], schema: SchemaIndex): unknown {
    return picture(data, undefined, schema);
  }

  /** A push-update or push-change-update. */
  follow(update: XmlElement): void {
    const contents = childElement(update, 'datastore-contents');
    if (contents !== undefined) {
      this.#data = childElements(contents);
      return;
    }
    const patch = childElement(childElement(update, 'datastore-changes')!, 'yang-patch')!;
    for (const edit of childElements(patch).filter(({ name }) => name === 'edit')) {
      const text = (name: string) => {
        const found = childElement(edit, name);
        return found && elementText(found);
      };
      const value = childElement(edit, 'value');
      const steps = text('target')!.slice(1).split('/');
      this.#data = this.#edited(this.#data, undefined, steps, {
        operation: text('operation')!,
        point: text('point')?.split('/').at(-1),
        value: value && childElements(value)[0],
      });
    }
  }

  #edited(level: readonly XmlElement[], parent: SchemaNode | undefined, steps: readonly string[], edit: Edit) {
    const [step = '', ...rest] = steps;
    const node = this.#node(step, parent);
    const is = (one: XmlElement, wanted: string) => segment(one, node) === withoutModule(wanted);
    const place = level.findIndex((one) => is(one, step));
    const made = [...level];
    if (rest.length > 0) {
      const inside = level[place];
      if (inside === undefined) throw new Error(`${steps.join('/')} is in nothing that is there`);
      made[place] = { ...inside, children: this.#edited(childElements(inside), node, rest, edit) };
      return made;
    }
    const { operation, point, value } = edit;
    if (place >= 0 === (operation === 'create' || operation === 'insert')) throw new Error(`${operation} of ${step}`);
    const entry = value ?? level[place]!;
    if (operation === 'replace') {
      made[place] = entry;
      return made;
    }
    if (place >= 0) made.splice(place, 1);
    if (operation === 'delete') return made;
    if (operation === 'create') return [...made, entry];
    const behind =
      point === undefined ? made.findIndex((one) => isOf(one, node)) - 1 : made.findIndex((one) => is(one, point));
    if (point !== undefined && behind < 0) throw new Error(`there is no ${point} to stand behind`);
    made.splice(behind < 0 && point === undefined ? 0 : behind + 1, 0, entry);
    return made;
  }

  #node(step: string, parent: SchemaNode | undefined): SchemaNode {
    const [qualified = ''] = step.split('=');
    const colon = qualified.indexOf(':');
    const module = colon < 0 ? parent!.module : qualified.slice(0, colon);
    const namespace = this.#schema.moduleNamed(module)!.namespace;
    const node = this.#schema.child(parent, namespace, qualified.slice(colon + 1));
    if (node === undefined) throw new Error(`the schema has no ${step}`);
    return node;
  }
}

interface Edit {
  readonly operation: string;
  readonly point: string | undefined;
  readonly value: XmlElement | undefined;
}

const withoutModule = (step: string) => step.replace(/^[^=:]*:/, '');
const isOf = (one: XmlElement, node: SchemaNode) => one.name === node.name;

function segment(one: XmlElement, node: SchemaNode): string {
  const values =
    node.kind === 'leaf-list'
      ? [elementText(one)]
      : node.kind === 'list'
        ? (node.keys ?? []).map((key) => elementText(childElement(one, key) ?? xmlElement(key, '')))
        : undefined;
  if (values === undefined) return one.name;
  const encoded = values.map((value) => encodeURIComponent(value).replace(/[!'()*]/g, escaped)).join(',');
  return `${one.name}=${encoded}`;
}

const escaped = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

function picture(data: readonly XmlElement[], parent: SchemaNode | undefined, schema: SchemaIndex): unknown {
  const byName = new Map<string, unknown[]>();
  const ordered = new Set<string>();
  for (const element of data) {
    const node = schema.child(parent, element.namespace, element.name);
    const inner = node?.kind === 'container' || node?.kind === 'list';
    const shown = inner ? picture(childElements(element), node, schema) : elementText(element);
    byName.set(element.name, [...(byName.get(element.name) ?? []), shown]);
    if (node?.orderedBy === 'user') ordered.add(element.name);
  }
  return Array.from(byName, ([name, all]) => [
    name,
    ordered.has(name) ? all : all.map((one) => JSON.stringify(one)).sort(),
  ]).toSorted(([one], [other]) => String(one).localeCompare(String(other)));
}
