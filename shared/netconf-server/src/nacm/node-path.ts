import { failed, ok, type Result } from '@sublane/basics';
import { resolvePrefix, type XmlElement } from '@sublane/netconf';

/** A node-instance-identifier (RFC 8341 §3.5): the way to the nodes that a rule is about. `/` has no steps. */
export type NodePath = readonly PathStep[];

export interface PathStep {
  readonly namespace: string;
  readonly name: string;
  /** All must hold; none where every instance is meant: "predicates for keys are optional". */
  readonly predicates: readonly KeyPredicate[];
}

export interface KeyPredicate {
  /** A key of the list; `.` for the value of a leaf-list's entry. */
  readonly key: string;
  /** `user`: the name of the session's user, which `$USER` stands for. */
  readonly value: { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'user' };
}

const NAME = '[\\p{L}_][\\p{L}\\p{N}_.-]*';
const STEP = new RegExp(`/\\s*(?:(${NAME}):)?(${NAME})\\s*`, 'uy');
const PREDICATE = new RegExp(
  `\\[\\s*(?:\\.|(?:(${NAME}):)?(${NAME}))\\s*=\\s*(?:'([^']*)'|"([^"]*)"|\\$(${NAME}))\\s*\\]\\s*`,
  'uy',
);

/**
 * Reads the value of `leaf` with the prefixes in scope there ("The set of namespace declarations are those in scope on
 * the leaf element", RFC 8341 §3.5). A name without a prefix is of the module of the name before it, as libyang prints
 * them. Fails with a sentence; what is no key predicate, a position say, is among that.
 */
export function readNodePath(text: string, leaf: Pick<XmlElement, 'scope'>): Result<NodePath, string> {
  const path = text.trim();
  if (path === '/') return ok([]);
  const steps: PathStep[] = [];
  let namespace: string | undefined;
  let position = 0;
  const next = (expression: RegExp) => {
    expression.lastIndex = position;
    const found = expression.exec(path);
    if (found !== null) position = expression.lastIndex;
    return found;
  };
  while (position < path.length) {
    const step = next(STEP);
    if (step === null) return failed(`cannot be read at "${path.slice(position)}": expected /prefix:node`);
    const [, prefix, name = ''] = step;
    if (prefix !== undefined) {
      namespace = resolvePrefix(leaf.scope, prefix);
      if (namespace === undefined) return failed(`uses the prefix ${prefix}, which is not declared`);
    }
    if (namespace === undefined) return failed(`needs a prefix at its first name: /prefix:${name}`);
    const predicates: KeyPredicate[] = [];
    while (path[position] === '[') {
      const predicate = next(PREDICATE);
      if (predicate === null) {
        return failed(`cannot be read at "${path.slice(position)}": expected [key='value'] or [key=$USER]`);
      }
      const [, , key = '.', single, double, variable] = predicate;
      if (variable !== undefined && variable !== 'USER') {
        return failed(`uses the variable $${variable}; there is only $USER`);
      }
      const value = variable === undefined ? { kind: 'literal' as const, text: single ?? double ?? '' } : USER;
      predicates.push({ key, value });
    }
    steps.push({ namespace, name, predicates });
  }
  return steps.length === 0 ? failed('is empty: expected /prefix:node, or / for everything') : ok(steps);
}

const USER = { kind: 'user' } as const;
