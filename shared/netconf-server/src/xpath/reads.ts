import { type XmlElement, xmlElement } from '@sublane/netconf';
import type { Expression, LocationPath, Step } from './expression.ts';

const UPWARDS = new Set<Step['axis']>([
  ...(['ancestor', 'ancestor-or-self', 'parent'] as const),
  ...(['following', 'following-sibling', 'preceding', 'preceding-sibling'] as const),
]);

/**
 * What an expression looks at, as the nodes of a subtree filter: at least all that its value depends on. Undefined where
 * that may be anything. With this a provider of state need not read everything for `/a:hosts/a:host[a:name='x']`.
 */
export function subtreesRead(expression: Expression): readonly XmlElement[] | undefined {
  const filters: XmlElement[] = [];
  return collect(expression, true, filters) ? filters : undefined;
}

/** False where the expression may look at anything. `atRoot`: its context node is the root. */
function collect(expression: Expression, atRoot: boolean, filters: XmlElement[]): boolean {
  switch (expression.kind) {
    case 'literal':
    case 'number':
      return true;
    case 'negation':
      return collect(expression.operand, atRoot, filters);
    case 'binary':
      return collect(expression.left, atRoot, filters) && collect(expression.right, atRoot, filters);
    case 'call':
      // What is referred to may be anywhere.
      if (expression.name === 'deref') return false;
      // These are the root itself, or look at the context node where they have no parameter.
      if (expression.name === 'current' || (atRoot && expression.parameters.length === 0)) {
        return ['true', 'false', 'last', 'position'].includes(expression.name);
      }
      return expression.parameters.every((one) => collect(one, atRoot, filters));
    case 'filter':
      if (expression.steps.some(({ axis }) => UPWARDS.has(axis))) return false;
      return (
        collect(expression.start, atRoot, filters) &&
        [...expression.predicates, ...expression.steps.flatMap(({ predicates }) => predicates)].every((one) =>
          collect(one, false, filters),
        )
      );
    case 'path':
      return collectPath(expression, atRoot, filters);
  }
}

function collectPath({ absolute, steps }: LocationPath, atRoot: boolean, filters: XmlElement[]): boolean {
  if (steps.some(({ axis }) => UPWARDS.has(axis))) return false;
  const insides = steps.flatMap(({ predicates }) => predicates);
  if (!insides.every((predicate) => collect(predicate, false, filters))) return false;
  if (!absolute && !atRoot) return true;
  const filter = filterOf(steps);
  if (filter === undefined) return false;
  filters.push(filter);
  return true;
}

/** The path's steps as nodes inside each other, as far down as they are simple. */
function filterOf([step, ...rest]: readonly Step[]): XmlElement | undefined {
  if (step === undefined || step.axis !== 'child' || step.test.kind !== 'name' || step.test.name === undefined) {
    return undefined;
  }
  const { name, namespace = '' } = step.test;
  const matches: XmlElement[] = [];
  const simple = step.predicates.every((predicate) => addMatches(predicate, matches));
  if (!simple) return xmlElement(name, namespace);
  const inner = rest.length === 0 ? undefined : filterOf(rest);
  // What comes below cannot be told: the whole of this node, or of these entries.
  if (inner === undefined) return xmlElement(name, namespace, matches);
  return xmlElement(name, namespace, [...matches, inner]);
}

/** `[a='1' and b='2']`, `[a='1'][b='2']`. */
function addMatches(predicate: Expression, matches: XmlElement[]): boolean {
  if (predicate.kind !== 'binary') return false;
  const { operator, left, right } = predicate;
  if (operator === 'and') return addMatches(left, matches) && addMatches(right, matches);
  if (operator !== '=' || right.kind !== 'literal' || right.value.trim() === '') return false;
  if (left.kind !== 'path' || left.absolute || left.steps.length !== 1) return false;
  const [step] = left.steps;
  if (step?.axis !== 'child' || step.test.kind !== 'name' || step.predicates.length > 0) return false;
  if (step.test.name === undefined) return false;
  matches.push(xmlElement(step.test.name, step.test.namespace ?? '', right.value));
  return true;
}
