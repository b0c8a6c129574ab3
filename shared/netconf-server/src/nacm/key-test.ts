import { childElement, elementText, type XmlElement, xmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { comparableValue } from '../values.ts';
import type { KeyPredicate } from './node-path.ts';

/** Does an instance of a list have the keys that a rule's path wants, for this user? */
export type KeyTest = (element: XmlElement, user: string) => boolean;

/** The test of a step's predicates; `node` is the list, or leaf-list, that they are about. */
export function predicatesHold(predicates: readonly KeyPredicate[], node: SchemaNode, schema: SchemaIndex): KeyTest {
  const tests = predicates.map((predicate) => predicateHolds(predicate, node, schema));
  const [only, another] = tests;
  if (only !== undefined && another === undefined) return only;
  return (element, user) => tests.every((test) => test(element, user));
}

function predicateHolds({ key, value }: KeyPredicate, node: SchemaNode, schema: SchemaIndex): KeyTest {
  const namespace = schema.namespaceOf(node);
  const leafOf = (element: XmlElement) => (key === '.' ? element : childElement(element, key, namespace));
  if (value.kind === 'user') {
    return (element, user) => {
      const leaf = leafOf(element);
      return leaf !== undefined && elementText(leaf) === user;
    };
  }
  const type = key === '.' ? node.type : schema.child(node, namespace, key)?.type;
  // An identity has its module's name as prefix there (RFC 7951 §6.8), for so libyang prints it.
  const prefixes = Object.fromEntries(schema.modules.map((module) => [module.name, module.namespace]));
  const literal = xmlElement(key, namespace, value.text, { prefixes: { ...prefixes, '': namespace } });
  const wanted = comparableValue(type, literal, schema);
  return (element) => {
    const leaf = leafOf(element);
    if (leaf === undefined) return false;
    return elementText(leaf) === value.text || comparableValue(type, leaf, schema) === wanted;
  };
}
