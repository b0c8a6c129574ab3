import { type DataNode, languageOf, stringValue } from './document.ts';
import { toBoolean, toNumber, toText, type XPathValue } from './values.ts';

/** What the functions of RFC 7950 §10 ask of whoever knows the schema. */
export interface YangFunctions {
  /** Is the identity that the node's value names derived from `identity`, or it itself? (§10.4) */
  derives(node: DataNode, identity: string, orSelf: boolean): boolean;
  /** The integer of the enum that the node's value names (§10.5.1). */
  enumValue(node: DataNode): number | undefined;
  /** What the node refers to (§10.3.1); the nodes looked at for it are spent. */
  deref(node: DataNode, spend: (steps: number) => void): readonly DataNode[];
  /** Does the whole text match the pattern (§10.2.1)? */
  matches(text: string, pattern: string): boolean;
}

/** Where a function is called. */
export interface CallContext {
  readonly node: DataNode;
  readonly position: number;
  readonly size: number;
  /** RFC 7950 §10.1.1: where the expression began. */
  readonly current: DataNode;
  readonly yang: YangFunctions;
  spend(steps: number): void;
}

interface Definition {
  readonly arity: readonly [least: number, most: number];
  /** Node-sets are demanded, by number of parameter. */
  readonly sets?: readonly number[];
  call(parameters: readonly XPathValue[], context: CallContext): XPathValue;
}

const MANY = Number.POSITIVE_INFINITY;
type Nodes = readonly DataNode[];

/** What one match counts for, whatever it takes. */
const RE_MATCH_STEPS = 1_000;

/** The text given, or that of the context node. */
const textOr = ([given]: readonly XPathValue[], { node }: CallContext) =>
  given === undefined ? stringValue(node) : toText(given);
const nodeOr = ([given]: readonly XPathValue[], { node }: CallContext) =>
  given === undefined ? node : (given as Nodes)[0];
const text = (value: XPathValue | undefined) => toText(value ?? '');

const FUNCTIONS: Readonly<Record<string, Definition>> = {
  // XPath 1.0 §4.1
  last: { arity: [0, 0], call: (_, { size }) => size },
  position: { arity: [0, 0], call: (_, { position }) => position },
  count: { arity: [1, 1], sets: [0], call: ([nodes]) => (nodes as Nodes).length },
  // Nothing in YANG's data is an ID.
  id: { arity: [1, 1], call: () => [] },
  'local-name': { arity: [0, 1], sets: [0], call: (given, context) => nodeOr(given, context)?.name ?? '' },
  'namespace-uri': { arity: [0, 1], sets: [0], call: (given, context) => nodeOr(given, context)?.namespace ?? '' },
  name: {
    arity: [0, 1],
    sets: [0],
    call: (given, context) => {
      const node = nodeOr(given, context);
      const prefix = node?.kind === 'element' ? node.element?.prefix : '';
      return prefix ? `${prefix}:${node?.name}` : (node?.name ?? '');
    },
  },
  // §4.2
  string: { arity: [0, 1], call: textOr },
  concat: { arity: [2, MANY], call: (parts) => parts.map(toText).join('') },
  'starts-with': { arity: [2, 2], call: ([one, start]) => text(one).startsWith(text(start)) },
  contains: { arity: [2, 2], call: ([one, part]) => text(one).includes(text(part)) },
  'substring-before': {
    arity: [2, 2],
    call: ([one, mark]) => text(one).slice(0, Math.max(0, text(one).indexOf(text(mark)))),
  },
  'substring-after': {
    arity: [2, 2],
    call: ([one, mark]) => {
      const at = text(one).indexOf(text(mark));
      return at < 0 ? '' : text(one).slice(at + text(mark).length);
    },
  },
  substring: { arity: [2, 3], call: substring },
  'string-length': { arity: [0, 1], call: (given, context) => [...textOr(given, context)].length },
  'normalize-space': {
    arity: [0, 1],
    call: (given, context) =>
      textOr(given, context)
        .replace(/[ \t\r\n]+/g, ' ')
        .replace(/^ | $/g, ''),
  },
  translate: { arity: [3, 3], call: ([one, from, to]) => translate(text(one), [...text(from)], [...text(to)]) },
  // §4.3
  boolean: { arity: [1, 1], call: ([one]) => toBoolean(one ?? false) },
  not: { arity: [1, 1], call: ([one]) => !toBoolean(one ?? false) },
  true: { arity: [0, 0], call: () => true },
  false: { arity: [0, 0], call: () => false },
  lang: {
    arity: [1, 1],
    call: ([wanted], { node }) => {
      const language = languageOf(node)?.toLowerCase();
      const range = text(wanted).toLowerCase();
      return language !== undefined && (language === range || language.startsWith(`${range}-`));
    },
  },
  // §4.4
  number: { arity: [0, 1], call: ([given], { node }) => toNumber(given ?? stringValue(node)) },
  sum: {
    arity: [1, 1],
    sets: [0],
    call: ([nodes]) => (nodes as Nodes).reduce((sum, node) => sum + toNumber(stringValue(node)), 0),
  },
  floor: { arity: [1, 1], call: ([one]) => Math.floor(toNumber(one ?? 0)) },
  ceiling: { arity: [1, 1], call: ([one]) => Math.ceil(toNumber(one ?? 0)) },
  round: { arity: [1, 1], call: ([one]) => Math.floor(toNumber(one ?? 0) + 0.5) },
  // RFC 7950 §10
  current: { arity: [0, 0], call: (_, { current }) => [current] },
  'derived-from': { arity: [2, 2], sets: [0], call: (given, context) => derived(given, context, false) },
  'derived-from-or-self': { arity: [2, 2], sets: [0], call: (given, context) => derived(given, context, true) },
  'enum-value': {
    arity: [1, 1],
    sets: [0],
    call: ([nodes], { yang }) => {
      const [first] = nodes as Nodes;
      return (first && yang.enumValue(first)) ?? Number.NaN;
    },
  },
  deref: {
    arity: [1, 1],
    sets: [0],
    call: ([nodes], { yang, spend }) => {
      const [first] = nodes as Nodes;
      return first === undefined ? [] : yang.deref(first, spend);
    },
  },
  're-match': {
    arity: [2, 2],
    call: ([one, pattern], { yang, spend }) => {
      spend(RE_MATCH_STEPS);
      return yang.matches(text(one), text(pattern));
    },
  },
  'bit-is-set': {
    arity: [2, 2],
    sets: [0],
    call: ([nodes, bit]) => {
      const [first] = nodes as Nodes;
      return first !== undefined && stringValue(first).split(/\s+/).includes(text(bit));
    },
  },
};

/** Names of functions, with how many parameters each takes at least and at most. */
export const FUNCTION_ARITY: ReadonlyMap<string, readonly [number, number]> = new Map(
  Object.entries(FUNCTIONS).map(([name, { arity }]) => [name, arity]),
);

/** A parameter that had to be a node-set is none. */
export class NoNodeSet extends Error {}

/** `name` is one of `FUNCTION_ARITY`. Throws NoNodeSet. */
export function callFunction(name: string, parameters: readonly XPathValue[], context: CallContext): XPathValue {
  const definition = FUNCTIONS[name]!;
  for (const index of definition.sets ?? []) {
    const given = parameters[index];
    if (given !== undefined && typeof given !== 'object') throw new NoNodeSet(`${name}() takes nodes, not a value`);
  }
  const value = definition.call(parameters, context);
  // What is long takes long: the text made, and those it was made of.
  for (const one of [value, ...parameters]) if (typeof one === 'string') context.spend(one.length >>> 4);
  return value;
}

/** XPath 1.0 §4.2: positions begin at 1 and are rounded. */
function substring([one, from, length]: readonly XPathValue[]): string {
  const start = Math.floor(toNumber(from ?? 0) + 0.5);
  const end = length === undefined ? MANY : start + Math.floor(toNumber(length) + 0.5);
  return [...text(one)].filter((_, index) => index + 1 >= start && index + 1 < end).join('');
}

function translate(one: string, from: readonly string[], to: readonly string[]): string {
  const table = new Map<string, string>();
  from.forEach((character, index) => {
    if (!table.has(character)) table.set(character, to[index] ?? '');
  });
  return [...one].map((character) => table.get(character) ?? character).join('');
}

function derived([nodes, identity]: readonly XPathValue[], context: CallContext, orSelf: boolean): boolean {
  return (nodes as Nodes).some((node) => context.yang.derives(node, text(identity), orSelf));
}
