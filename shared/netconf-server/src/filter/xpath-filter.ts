import { failed, ok, type Result } from '@sublane/basics';
import { elementText, type RpcError, resolvePrefix, rpcError, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { type DataNode, documentOf } from '../xpath/document.ts';
import { evaluateXPath } from '../xpath/evaluate.ts';
import type { Expression } from '../xpath/expression.ts';
import { parseXPath } from '../xpath/parser.ts';
import { subtreesRead } from '../xpath/reads.ts';
import { toBoolean, type XPathValue } from '../xpath/values.ts';
import type { DataFilter, Shape } from './data-filter.ts';
import { yangFunctions } from './yang-functions.ts';

export interface XPathOptions {
  /** Whose declarations of prefixes are in force: the element that holds the expression. */
  readonly element: XmlElement;
  /** RFC 8639 §2.2: names of modules are prefixes too, where the element declares none of that name. */
  readonly moduleNames?: boolean;
  /** Nodes that the expression may look at in one run; unless given, as many as befit the data: see `stepsFor`. */
  readonly steps?: number;
}

/**
 * What one run may cost follows from what there is to look at: who may read little must not keep a server busy for long.
 * Enough to hold every node against a hundred others, or some hundred nodes each against each.
 */
const stepsFor = (root: DataNode) => Math.min(20_000 + 100 * root.weight, 5_000_000);

/** A filter by an XPath expression (RFC 6241 §8.9). Refuses what is no expression, or gives no nodes. */
export function xpathFilter(
  expression: string,
  schema: SchemaIndex,
  options: XPathOptions,
): Result<DataFilter, RpcError> {
  const compiled = compile(expression, schema, options);
  if (!compiled.ok) return compiled;
  const { parsed, evaluate } = compiled.value;
  // "If the expression does not return a node-set, the operation fails": where that is seen at once, nothing is read.
  if (!mayGiveNodes(parsed)) return failed(noNodes());
  const reads = subtreesRead(parsed);
  return ok({
    select(data, whole = (one) => one) {
      const root = documentOf(data);
      const found = evaluate(root);
      if (!found.ok) return found;
      return typeof found.value === 'object' ? ok(trimmed(root, found.value, schema, whole)) : failed(noNodes());
    },
    ofRoot: ({ namespace, name }) =>
      reads?.filter((node) => node.name === name && (node.namespace === '' || node.namespace === namespace)),
  });
}

/** Is an XPath expression true of some data (XPath 1.0 §4.3, `boolean`)? Refuses as a filter does. */
export function xpathTest(
  expression: string,
  schema: SchemaIndex,
  options: XPathOptions,
): Result<(data: readonly XmlElement[]) => Result<boolean, RpcError>, RpcError> {
  const compiled = compile(expression, schema, options);
  if (!compiled.ok) return compiled;
  return ok((data) => {
    const found = compiled.value.evaluate(documentOf(data));
    return found.ok ? ok(toBoolean(found.value)) : found;
  });
}

interface Compiled {
  readonly parsed: Expression;
  /** With the root as its context. */
  evaluate(root: DataNode): Result<XPathValue, RpcError>;
}

function compile(
  expression: string,
  schema: SchemaIndex,
  { element, moduleNames = false, steps }: XPathOptions,
): Result<Compiled, RpcError> {
  const prefixes = (prefix: string) =>
    resolvePrefix(element.scope, prefix) ?? (moduleNames ? schema.moduleNamed(prefix)?.namespace : undefined);
  const parsed = parseXPath(expression, prefixes);
  if (!parsed.ok) {
    const message = `XPath: ${parsed.failure.message}`;
    if (parsed.failure.kind === 'too-long') return failed(rpcError.tooBig('application', { message }));
    return failed(rpcError.invalidValue('protocol', { message }));
  }
  return ok({
    parsed: parsed.value,
    evaluate(root) {
      const environment = yangFunctions(schema, prefixes, steps ?? stepsFor(root));
      const found = evaluateXPath(parsed.value, root, environment);
      if (found.ok) return found;
      const message = `XPath: ${found.failure.message}`;
      if (found.failure.kind === 'exhausted') return failed(rpcError.tooBig('application', { message }));
      return failed(rpcError.invalidValue('protocol', { message }));
    },
  });
}

function noNodes(): RpcError {
  return rpcError.invalidValue('protocol', { message: 'XPath: the expression gives a value; expected nodes' });
}

function mayGiveNodes(expression: Expression): boolean {
  if (expression.kind === 'binary') return expression.operator === '|';
  if (expression.kind === 'call') return ['current', 'deref', 'id'].includes(expression.name);
  return expression.kind === 'path' || expression.kind === 'filter';
}

/** The nodes found, whole, with their ancestors and the keys of these. An attribute or text stands for its element. */
function trimmed(root: DataNode, found: readonly DataNode[], schema: SchemaIndex, whole: Shape): readonly XmlElement[] {
  const selected = new Set<DataNode>();
  const around = new Set<DataNode>();
  for (const node of found) {
    const element = node.kind === 'attribute' || node.kind === 'text' ? node.parent! : node;
    selected.add(element);
    for (let here = element.parent; here !== undefined && !around.has(here); here = here.parent) around.add(here);
  }
  const level = (parent: DataNode, schemaParent: SchemaNode | undefined, all: boolean): XmlElement[] =>
    parent.children.flatMap((node) => {
      const { element, kind } = node;
      if (kind !== 'element' || element === undefined) return [];
      const own = schema.dataOrEvent(schemaParent, node.namespace, node.name);
      if (all || selected.has(node)) return [whole(element, own)];
      if (around.has(node)) return [{ ...element, children: level(node, own, false) }];
      return isKey(node, schemaParent, schema) ? [element] : [];
    });
  return level(root, undefined, selected.has(root));
}

function isKey(node: DataNode, list: SchemaNode | undefined, schema: SchemaIndex): boolean {
  if (list?.kind !== 'list' || !list.keys?.includes(node.name)) return false;
  return node.namespace === schema.namespaceOf(list);
}

/** The expression that an element holds as its text. */
export const expressionIn = (element: XmlElement): string => elementText(element).trim();
