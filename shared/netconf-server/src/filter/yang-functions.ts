import { elementText, resolvePrefix, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import type { DataNode } from '../xpath/document.ts';
import { stringValue } from '../xpath/document.ts';
import { type Environment, evaluateXPath } from '../xpath/evaluate.ts';
import { parseXPath } from '../xpath/parser.ts';
import { derivesFrom, identityOf } from './identities.ts';

type Type = NonNullable<SchemaNode['type']>;

/** The functions of RFC 7950 §10 that know the schema. */
export function yangFunctions(
  schema: SchemaIndex,
  prefixes: (prefix: string) => string | undefined,
  steps: number,
): Environment {
  const environment: Environment = {
    steps,
    derives: (node, identity, orSelf) =>
      node.element !== undefined &&
      derivesFrom(identityOf(node.element, schema), identityNamed(identity, prefixes, schema), orSelf, schema),
    enumValue: (node) => {
      const type = schemaNodeOf(node, schema)?.type;
      return type === undefined ? undefined : enumValue(type, stringValue(node).trim());
    },
    deref: (node, spend) => dereferenced(node, schema, { ...environment, spend }),
    // A pattern may take long to match: libyang bounds that, and JavaScript's own would not.
    matches: (text, pattern) => {
      const answer = schema.values.matches?.(pattern, text);
      return answer?.ok === true && answer.value;
    },
  };
  return environment;
}

function identityNamed(text: string, prefixes: (prefix: string) => string | undefined, schema: SchemaIndex) {
  const colon = text.indexOf(':');
  const namespace = prefixes(colon < 0 ? '' : text.slice(0, colon));
  const module = namespace && schema.moduleOf(namespace);
  return module ? `${module.name}:${text.slice(colon + 1)}` : undefined;
}

function schemaNodeOf(node: DataNode, schema: SchemaIndex): SchemaNode | undefined {
  if (node.kind !== 'element' || node.parent === undefined) return undefined;
  if (node.parent.kind === 'root') return schema.dataOrEvent(undefined, node.namespace, node.name);
  const parent = schemaNodeOf(node.parent, schema);
  return parent && schema.dataOrEvent(parent, node.namespace, node.name);
}

function enumValue(type: Type, text: string): number | undefined {
  if (type.base === 'union') {
    for (const member of type.members ?? []) {
      const value = enumValue(member, text);
      if (value !== undefined) return value;
    }
    return undefined;
  }
  if (type.base === 'leafref') return type.leafrefTarget && enumValue(type.leafrefTarget, text);
  const index = type.enums?.indexOf(text) ?? -1;
  return index < 0 ? undefined : type.enumValues?.[index];
}

/** RFC 7950 §10.3.1: the nodes that a leafref, or an instance-identifier, refers to. */
function dereferenced(node: DataNode, schema: SchemaIndex, environment: Environment): readonly DataNode[] {
  const type = schemaNodeOf(node, schema)?.type;
  if (type?.base === 'leafref' && type.path !== undefined) {
    // The path has the prefixes of the module that wrote it: by their names alone the nodes are found as well.
    const path = type.path.replace(/("[^"]*"|'[^']*')|[\w.-]+:(?=[\w.*-])/g, (_, text?: string) => text ?? '');
    const value = stringValue(node);
    return nodesAt(path, () => undefined, node, environment).filter((one) => stringValue(one) === value);
  }
  if (type?.base === 'instance-identifier' && node.element !== undefined) {
    const { scope } = node.element;
    const path = elementText(node.element as XmlElement).trim();
    return nodesAt(path, (prefix) => resolvePrefix(scope, prefix), node, environment).slice(0, 1);
  }
  return [];
}

function nodesAt(
  path: string,
  prefixes: (prefix: string) => string | undefined,
  node: DataNode,
  environment: Environment,
): readonly DataNode[] {
  const parsed = parseXPath(path, prefixes);
  if (!parsed.ok) return [];
  const found = evaluateXPath(parsed.value, node, environment);
  return found.ok && typeof found.value === 'object' ? found.value : [];
}
