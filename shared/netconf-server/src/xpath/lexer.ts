import { failed, ok, type Result } from '@sublane/basics';

/** An expression that is none: what is wrong, and at which character (from 1). */
export interface XPathFault {
  readonly kind: 'syntax' | 'unknown-prefix' | 'unknown-function' | 'too-long';
  readonly message: string;
}

/** A lexical token (XPath 1.0 §3.7). A name keeps its prefix: `if:name`, `if:*`. */
export interface Token {
  readonly kind: 'literal' | 'number' | 'name' | 'variable' | 'symbol' | 'operator' | 'end';
  readonly text: string;
  /** Where it begins, from 1. */
  readonly at: number;
}

const NAME = '[\\p{L}_][\\p{L}\\p{N}\\p{M}_.\\-·]*';
const TOKEN = new RegExp(
  [
    '(?<space>[ \\t\\r\\n]+)',
    `(?<literal>"[^"]*"|'[^']*')`,
    '(?<number>\\d+(?:\\.\\d*)?|\\.\\d+)',
    `(?<variable>\\$${NAME}(?::${NAME})?)`,
    `(?<name>${NAME}(?=\\s*::)|${NAME}:\\*|${NAME}:${NAME}|${NAME})`,
    '(?<symbol>::|\\.\\.|//|!=|<=|>=|[()[\\].@,/|+\\-=<>*])',
  ].join('|'),
  'uy',
);

const OPERATOR_NAMES = new Set(['and', 'or', 'mod', 'div']);
const OPERATORS = new Set(['/', '//', '|', '+', '-', '=', '!=', '<', '<=', '>', '>=']);

export function tokensOf(expression: string): Result<readonly Token[], XPathFault> {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const at = TOKEN.lastIndex + 1;
    const found = TOKEN.exec(expression)?.groups;
    if (found === undefined) {
      const rest = expression.slice(at - 1, at + 9);
      const quoted = rest.startsWith('"') || rest.startsWith("'");
      const message = quoted ? 'a text that begins here does not end' : `unexpected "${rest}"`;
      return failed({ kind: 'syntax', message: `character ${at}: ${message}` });
    }
    if (found.literal !== undefined) tokens.push({ kind: 'literal', text: found.literal.slice(1, -1), at });
    else if (found.number !== undefined) tokens.push({ kind: 'number', text: found.number, at });
    else if (found.variable !== undefined) tokens.push({ kind: 'variable', text: found.variable, at });
    else if (found.name !== undefined) {
      const operator = OPERATOR_NAMES.has(found.name) && endsOperand(tokens.at(-1));
      tokens.push({ kind: operator ? 'operator' : 'name', text: found.name, at });
    } else if (found.symbol === '*') {
      tokens.push({ kind: endsOperand(tokens.at(-1)) ? 'operator' : 'name', text: '*', at });
    } else if (found.symbol !== undefined) {
      tokens.push({ kind: OPERATORS.has(found.symbol) ? 'operator' : 'symbol', text: found.symbol, at });
    }
  }
  tokens.push({ kind: 'end', text: '', at: expression.length + 1 });
  return ok(tokens);
}

/**
 * "If there is a preceding token and the preceding token is not one of @, ::, (, [, , or an Operator, then a * must be
 * recognized as a MultiplyOperator and an NCName must be recognized as an OperatorName." (XPath 1.0 §3.7)
 */
function endsOperand(before: Token | undefined): boolean {
  if (before === undefined || before.kind === 'operator') return false;
  return before.kind !== 'symbol' || !['@', '::', '(', '[', ','].includes(before.text);
}
