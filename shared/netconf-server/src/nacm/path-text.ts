import { failed, ok, type Result } from '@sublane/basics';
import { type XmlElement, xmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { AccessControl, DataAccess, Identity } from '../access.ts';
import type { SchemaIndex } from '../schema-index.ts';

/** One data node on the way down: what `DataAccess.child` wants. */
export interface Step {
  readonly node: SchemaNode;
  readonly element: XmlElement;
}

const STEP = /\/(?:([\w.-]+):)?([\w.-]+)((?:\[(?:[^\]'"]|'[^']*'|"[^"]*")*\])*)/y;
const PREDICATE = /\[\s*(?:(?:[\w.-]+):)?([\w.-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]/gy;

/**
 * The way to a data node by its instance-identifier as RFC 7951 §6.11 writes it: `/module:a/b[key='value']/other:c`. Keys
 * may be left out. `/` is the way to the root: no step. Fails with a sentence that says which part is not known.
 */
export function stepsOf(path: string, schema: SchemaIndex): Result<readonly Step[], string> {
  if (path === '/') return ok([]);
  const steps: Step[] = [];
  let module = '';
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const from = STEP.lastIndex;
    const found = STEP.exec(path);
    if (found === null) {
      return failed(`"${path.slice(from)}" is no path: expected /module:node/node[key='value'] and so on`);
    }
    module = found[1] ?? module;
    if (module === '') return failed(`the first node of a path needs its module: /module:${found[2]}`);
    const namespace = schema.moduleNamed(module)?.namespace;
    if (namespace === undefined) return failed(`there is no module ${module} here`);
    const name = found[2] ?? '';
    const node = schema.child(steps.at(-1)?.node, namespace, name);
    if (node === undefined) return failed(`there is no node ${module}:${name} at "${path.slice(0, STEP.lastIndex)}"`);
    const element = elementOf(node, namespace, found[3] ?? '');
    if (!element.ok) return element;
    steps.push({ node, element: element.value });
  }
  return path === '' ? failed('a path begins with /') : ok(steps);
}

function elementOf(node: SchemaNode, namespace: string, predicates: string): Result<XmlElement, string> {
  const children: XmlElement[] = [];
  PREDICATE.lastIndex = 0;
  while (PREDICATE.lastIndex < predicates.length) {
    const from = PREDICATE.lastIndex;
    const found = PREDICATE.exec(predicates);
    if (found === null) return failed(`"${predicates.slice(from)}" is no predicate: expected [key='value']`);
    const [, key = '', single, double] = found;
    const value = single ?? double ?? '';
    if (key === '.' && node.kind === 'leaf-list') return ok(xmlElement(node.name, namespace, value));
    if (!node.keys?.includes(key)) return failed(`${key} is no key of ${node.name}`);
    children.push(xmlElement(key, namespace, value));
  }
  return ok(xmlElement(node.name, namespace, children));
}

/** The access to the data node of that path. */
export function accessAt(access: AccessControl, identity: Identity, steps: readonly Step[]): DataAccess {
  return steps.reduce((above, { node, element }) => above.child(node, element), access.data(identity));
}
