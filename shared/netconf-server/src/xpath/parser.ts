import { failed, ok, type Result } from '@sublane/basics';
import { AXES, type Axis, type BinaryOperator, type Expression, type NodeTest, type Step } from './expression.ts';
import { FUNCTION_ARITY } from './functions.ts';
import { type Token, tokensOf, type XPathFault } from './lexer.ts';

/** The namespace a prefix stands for; undefined where it stands for none. */
export type PrefixResolver = (prefix: string) => string | undefined;

/** Longer ones are refused unread. */
export const LONGEST_EXPRESSION = 16_384;
const DEEPEST = 64;
/** Each operator stands inside the next one: more of them would take more stack than there may be. */
const MOST_OPERATORS = 1_000;

/**
 * Parses an XPath 1.0 expression. A name without a prefix is taken for that name in any namespace: XPath 1.0 §2.3 says
 * "no namespace", in which no YANG node is, and people leave prefixes out.
 */
export function parseXPath(expression: string, prefixes: PrefixResolver): Result<Expression, XPathFault> {
  if (expression.length > LONGEST_EXPRESSION) {
    return failed({ kind: 'too-long', message: `longer than ${LONGEST_EXPRESSION} characters` });
  }
  const tokens = tokensOf(expression);
  if (!tokens.ok) return tokens;
  try {
    return ok(new Parser(tokens.value, prefixes).whole());
  } catch (error) {
    if (error instanceof Unparsable) return failed(error.fault);
    throw error;
  }
}

/** Leaves the recursion of the parser; never leaves this file. */
class Unparsable extends Error {
  readonly fault: XPathFault;
  constructor(kind: XPathFault['kind'], at: number, message: string) {
    super(message);
    this.fault = { kind, message: `character ${at}: ${message}` };
  }
}

/** Binary operators, weakest first (XPath 1.0 §3.4, §3.5). `|` binds stronger than a minus sign, and stands apart. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['or'],
  ['and'],
  ['=', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', 'div', 'mod'],
];
const NODE_TYPES = ['node', 'text', 'comment', 'processing-instruction'] as const;
const ANY: NodeTest = { kind: 'node' };
const DESCENDANTS: Step = { axis: 'descendant-or-self', test: ANY, predicates: [] };

class Parser {
  readonly #tokens: readonly Token[];
  readonly #prefixes: PrefixResolver;
  #next = 0;
  #depth = 0;
  #operators = 0;

  constructor(tokens: readonly Token[], prefixes: PrefixResolver) {
    this.#tokens = tokens;
    this.#prefixes = prefixes;
  }

  whole(): Expression {
    const expression = this.#expression();
    if (this.#here.kind !== 'end') this.#fail(`unexpected "${this.#here.text}"`);
    return expression;
  }

  get #here(): Token {
    return this.#tokens[this.#next]!;
  }

  #after(count: number): Token | undefined {
    return this.#tokens[this.#next + count];
  }

  #is(text: string): boolean {
    const { kind, text: own } = this.#here;
    return own === text && (kind === 'symbol' || kind === 'operator');
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) {
      const { kind, text: found } = this.#here;
      this.#fail(`expected "${text}" instead of ${kind === 'end' ? 'the end' : `"${found}"`}`);
    }
  }

  #fail(message: string, kind: XPathFault['kind'] = 'syntax', at = this.#here.at): never {
    throw new Unparsable(kind, at, message);
  }

  #expression(): Expression {
    if (++this.#depth > DEEPEST) this.#fail(`nested deeper than ${DEEPEST}`, 'too-long');
    const expression = this.#binary(0);
    this.#depth--;
    return expression;
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((one) => this.#here.kind === 'operator' && this.#here.text === one);
      if (operator === undefined) return left;
      this.#next++;
      this.#countOperator();
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Expression {
    let signs = 0;
    while (this.#take('-')) signs++;
    const operand = this.#union();
    if (signs === 0) return operand;
    const negated: Expression = { kind: 'negation', operand };
    return signs % 2 === 1 ? negated : { kind: 'negation', operand: negated };
  }

  #union(): Expression {
    let left = this.#path();
    while (this.#take('|')) {
      this.#countOperator();
      left = { kind: 'binary', operator: '|', left, right: this.#path() };
    }
    return left;
  }

  #countOperator(): void {
    if (++this.#operators > MOST_OPERATORS) this.#fail(`more than ${MOST_OPERATORS} operators`, 'too-long');
  }

  #path(): Expression {
    if (!this.#beginsFilter()) return this.#locationPath();
    const start = this.#primary();
    const predicates = this.#predicates();
    const steps = this.#is('/') || this.#is('//') ? this.#furtherSteps() : [];
    return predicates.length === 0 && steps.length === 0 ? start : { kind: 'filter', start, predicates, steps };
  }

  #beginsFilter(): boolean {
    const { kind, text } = this.#here;
    if (kind === 'literal' || kind === 'number' || kind === 'variable' || this.#is('(')) return true;
    const opens = this.#after(1)?.text === '(' && this.#after(1)?.kind === 'symbol';
    return kind === 'name' && opens && !NODE_TYPES.some((type) => type === text);
  }

  #primary(): Expression {
    const token = this.#here;
    if (token.kind === 'variable') this.#fail(`there is no variable ${token.text}`);
    this.#next++;
    if (token.kind === 'literal') return { kind: 'literal', value: token.text };
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'name') return this.#call(token);
    const inside = this.#expression();
    this.#expect(')');
    return inside;
  }

  #call({ text: name, at }: Token): Expression {
    const arity = FUNCTION_ARITY.get(name);
    if (arity === undefined) this.#fail(`there is no function ${name}()`, 'unknown-function', at);
    this.#expect('(');
    const parameters: Expression[] = [];
    if (!this.#is(')')) {
      do parameters.push(this.#expression());
      while (this.#take(','));
    }
    this.#expect(')');
    const [least, most] = arity;
    if (parameters.length < least || parameters.length > most) {
      const wanted =
        least === most ? String(least) : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
      this.#fail(`${name}() takes ${wanted} parameters, not ${parameters.length}`, 'syntax', at);
    }
    return { kind: 'call', name, parameters };
  }

  #locationPath(): Expression {
    if (this.#is('//')) return { kind: 'path', absolute: true, steps: this.#furtherSteps() };
    if (!this.#take('/')) return { kind: 'path', absolute: false, steps: this.#steps() };
    return { kind: 'path', absolute: true, steps: this.#beginsStep() ? this.#steps() : [] };
  }

  #beginsStep(): boolean {
    return this.#here.kind === 'name' || this.#is('.') || this.#is('..') || this.#is('@');
  }

  #steps(): Step[] {
    return [this.#step(), ...this.#furtherSteps()];
  }

  #furtherSteps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      if (this.#take('//')) steps.push(DESCENDANTS);
      else if (!this.#take('/')) return steps;
      steps.push(this.#step());
    }
  }

  #step(): Step {
    if (this.#take('.')) return { axis: 'self', test: ANY, predicates: [] };
    if (this.#take('..')) return { axis: 'parent', test: ANY, predicates: [] };
    const axis = this.#axis();
    const test = this.#nodeTest();
    return { axis, test, predicates: this.#predicates() };
  }

  #axis(): Axis {
    if (this.#take('@')) return 'attribute';
    if (this.#after(1)?.text !== '::') return 'child';
    const axis = AXES.find((one) => one === this.#here.text);
    if (axis === undefined) this.#fail(`there is no axis ${this.#here.text}`);
    this.#next += 2;
    return axis;
  }

  #nodeTest(): NodeTest {
    const { kind, text, at } = this.#here;
    if (kind !== 'name') this.#fail(`expected the name of a node instead of ${text === '' ? 'the end' : `"${text}"`}`);
    this.#next++;
    const type = NODE_TYPES.find((one) => one === text);
    if (type !== undefined && this.#take('(')) {
      if (type === 'processing-instruction' && this.#here.kind === 'literal') this.#next++;
      this.#expect(')');
      return { kind: type };
    }
    const colon = text.indexOf(':');
    const name = text.slice(colon + 1);
    const namespace = colon < 0 ? undefined : this.#prefixes(text.slice(0, colon));
    if (colon >= 0 && namespace === undefined) {
      const prefix = text.slice(0, colon);
      this.#fail(`the prefix ${prefix} of ${text} is not declared: expected xmlns:${prefix}="…"`, 'unknown-prefix', at);
    }
    return { kind: 'name', namespace, name: name === '*' ? undefined : name };
  }

  #predicates(): Expression[] {
    const predicates: Expression[] = [];
    while (this.#take('[')) {
      predicates.push(this.#expression());
      this.#expect(']');
    }
    return predicates;
  }
}
