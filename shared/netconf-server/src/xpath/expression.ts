/** A parsed XPath 1.0 expression. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'negation'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
  | LocationPath
  /** An expression whose nodes a path goes on from, or that predicates narrow: `(a|b)[1]/c`. */
  | {
      readonly kind: 'filter';
      readonly start: Expression;
      readonly predicates: readonly Expression[];
      readonly steps: readonly Step[];
    };

export interface LocationPath {
  readonly kind: 'path';
  readonly absolute: boolean;
  readonly steps: readonly Step[];
}

export type BinaryOperator =
  | 'or'
  | 'and'
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | 'div'
  | 'mod'
  | '|';

/** XPath 1.0 §2.2. */
export const AXES = [
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'namespace',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
] as const;
export type Axis = (typeof AXES)[number];

export interface Step {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly Expression[];
}

export type NodeTest =
  /** `namespace` undefined: any; `name` undefined: any. */
  | { readonly kind: 'name'; readonly namespace: string | undefined; readonly name: string | undefined }
  | { readonly kind: 'node' | 'text' | 'comment' | 'processing-instruction' };
