import { failed, ok, type Result } from '@sublane/basics';
import { nodesOnAxis, passesTest, REVERSE_AXES } from './axes.ts';
import type { DataNode } from './document.ts';
import type { Expression, Step } from './expression.ts';
import { callFunction, NoNodeSet, type YangFunctions } from './functions.ts';
import { type Comparison, compare, toBoolean, toNumber, type XPathValue } from './values.ts';

export interface Environment extends YangFunctions {
  /** Nodes that may be looked at. */
  readonly steps: number;
  /** Of the evaluation that this one is a part of: its steps are spent. */
  readonly spend?: (steps: number) => void;
}

/** `exhausted`: it looked at as many nodes as it may. `type`: it uses a value where only nodes will do. */
export interface EvaluationFault {
  readonly kind: 'exhausted' | 'type';
  readonly message: string;
}

/** Evaluates an expression with `node` as its context. Pure. */
export function evaluateXPath(
  expression: Expression,
  node: DataNode,
  environment: Environment,
): Result<XPathValue, EvaluationFault> {
  try {
    return ok(new Evaluation(node, environment).value(expression, { node, position: 1, size: 1 }));
  } catch (error) {
    if (error instanceof Exhausted && environment.spend === undefined) {
      return failed({ kind: 'exhausted', message: `it looks at more than ${environment.steps} nodes: narrow it down` });
    }
    if (error instanceof NoNodeSet) return failed({ kind: 'type', message: error.message });
    throw error;
  }
}

class Exhausted extends Error {}

interface Place {
  readonly node: DataNode;
  readonly position: number;
  readonly size: number;
}

class Evaluation {
  readonly #current: DataNode;
  readonly #yang: YangFunctions;
  readonly #outer: Environment['spend'];
  #left: number;

  constructor(current: DataNode, environment: Environment) {
    this.#current = current;
    this.#yang = environment;
    this.#left = environment.steps;
    this.#outer = environment.spend;
  }

  readonly #spend = (steps: number): void => {
    this.#left -= steps;
    if (this.#outer !== undefined) this.#outer(steps);
    // So that what is no number ends it too.
    else if (!(this.#left >= 0)) throw new Exhausted();
  };

  value(expression: Expression, place: Place): XPathValue {
    this.#spend(1);
    switch (expression.kind) {
      case 'literal':
      case 'number':
        return expression.value;
      case 'negation':
        return -toNumber(this.value(expression.operand, place));
      case 'binary':
        return this.#binary(expression, place);
      case 'call': {
        const parameters = expression.parameters.map((one) => this.value(one, place));
        // Their texts may be asked for.
        for (const one of [[place.node], ...parameters]) if (typeof one === 'object') this.#spendTexts(one);
        const context = { ...place, current: this.#current, yang: this.#yang, spend: this.#spend };
        return callFunction(expression.name, parameters, context);
      }
      case 'path':
        return this.#walk([expression.absolute ? rootOf(place.node) : place.node], expression.steps);
      case 'filter': {
        let nodes = this.#nodes(expression.start, place, 'a predicate or a path');
        for (const predicate of expression.predicates) nodes = this.#narrow(nodes, predicate);
        return this.#walk(nodes, expression.steps);
      }
    }
  }

  #binary({ operator, left, right }: Extract<Expression, { kind: 'binary' }>, place: Place): XPathValue {
    const number = (one: Expression) => toNumber(this.value(one, place));
    switch (operator) {
      case 'or':
        return toBoolean(this.value(left, place)) || toBoolean(this.value(right, place));
      case 'and':
        return toBoolean(this.value(left, place)) && toBoolean(this.value(right, place));
      case '+':
        return number(left) + number(right);
      case '-':
        return number(left) - number(right);
      case '*':
        return number(left) * number(right);
      case 'div':
        return number(left) / number(right);
      case 'mod':
        return number(left) % number(right);
      case '|':
        return this.#inOrder([...this.#nodes(left, place, '|'), ...this.#nodes(right, place, '|')]);
      default:
        return this.#compare(operator, this.value(left, place), this.value(right, place));
    }
  }

  #compare(operator: Comparison, left: XPathValue, right: XPathValue): boolean {
    for (const one of [left, right]) if (typeof one === 'object') this.#spendTexts(one);
    return compare(operator, left, right, this.#spend);
  }

  /** The text of a node is made of all texts below it. */
  #spendTexts(nodes: readonly DataNode[]): void {
    for (const { weight } of nodes) this.#spend(weight);
  }

  #nodes(expression: Expression, place: Place, where: string): readonly DataNode[] {
    const value = this.value(expression, place);
    if (typeof value !== 'object') throw new NoNodeSet(`${where} takes nodes, not a value`);
    return value;
  }

  #walk(start: readonly DataNode[], steps: readonly Step[]): readonly DataNode[] {
    let nodes = start;
    for (const step of steps) nodes = this.#step(nodes, step);
    return nodes;
  }

  #step(from: readonly DataNode[], { axis, test, predicates }: Step): readonly DataNode[] {
    const found: DataNode[] = [];
    for (const node of from) {
      const passed: DataNode[] = [];
      for (const candidate of nodesOnAxis(node, axis)) {
        this.#spend(1);
        if (passesTest(candidate, test, axis)) passed.push(candidate);
      }
      let own: readonly DataNode[] = passed;
      for (const predicate of predicates) own = this.#narrow(own, predicate);
      for (const one of own) found.push(one);
    }
    // Of one node an axis gives each node once, forwards or backwards.
    if (from.length < 2) return REVERSE_AXES.has(axis) ? found.reverse() : found;
    return axis === 'child' || axis === 'self' || axis === 'attribute' ? this.#sorted(found) : this.#inOrder(found);
  }

  /** XPath 1.0 §2.4: "If the result is a number, the result will be converted to true if the number is equal to the context position". */
  #narrow(nodes: readonly DataNode[], predicate: Expression): readonly DataNode[] {
    return nodes.filter((node, index) => {
      const value = this.value(predicate, { node, position: index + 1, size: nodes.length });
      return typeof value === 'number' ? value === index + 1 : toBoolean(value);
    });
  }

  #inOrder(nodes: readonly DataNode[]): readonly DataNode[] {
    const byOrder = new Map<number, DataNode>();
    for (const node of nodes) byOrder.set(node.order, node);
    return this.#sorted([...byOrder.values()]);
  }

  #sorted(nodes: readonly DataNode[]): readonly DataNode[] {
    if (nodes.every((node, index) => index === 0 || nodes[index - 1]!.order < node.order)) return nodes;
    this.#spend(nodes.length * Math.ceil(Math.log2(nodes.length)));
    return nodes.toSorted((one, other) => one.order - other.order);
  }
}

function rootOf(node: DataNode): DataNode {
  let root = node;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
