import type { XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { type DataOperation, PERMITTED, type Verdict } from '../access.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { dataDefault, type Statement, strictest } from './defaults.ts';
import { type KeyTest, predicatesHold } from './key-test.ts';
import type { PathStep } from './node-path.ts';
import type { NacmRules, Rule } from './rules.ts';
import { modulesBelow, strictestBelow } from './schema-facts.ts';

/** A rule that is about this node, or about something below it that `rest` leads to. */
interface Active {
  readonly rule: Rule;
  readonly rest: readonly PathStep[];
}

/** Where a walk over data goes on for a node: at once, or by what the predicates say of the instance. */
type Way =
  | { readonly kind: 'plain'; readonly next: DataRules }
  | { readonly kind: 'tested'; readonly tests: readonly KeyTest[]; readonly next: Map<string, DataRules> };

/**
 * The rules as they stand at one node of the data (RFC 8341 §3.4.5): "A path is considered to match if the requested node
 * is the node specified by the path or is a descendant node of the path." Made once for all instances to which the same
 * rules apply, so that a walk over data compares keys and nothing else.
 */
export class DataRules {
  readonly #active: readonly Active[];
  readonly #node: SchemaNode | undefined;
  readonly #statement: Statement | undefined;
  readonly #rules: NacmRules;
  readonly #schema: SchemaIndex;
  readonly #ways = new Map<SchemaNode, Way>();
  readonly #verdicts = new Map<DataOperation, Verdict>();
  readonly #throughout = new Map<DataOperation, Verdict | 'differs'>();

  /** Above all data. */
  static root(rules: readonly Rule[], settings: NacmRules, schema: SchemaIndex): DataRules {
    const active = rules.flatMap((rule): Active[] => {
      if (rule.target.kind === 'any') return [{ rule, rest: [] }];
      // A path that cannot be read matches nothing; a configuration with such a one is not accepted.
      if (rule.target.kind !== 'data' || !rule.target.path.ok) return [];
      return [{ rule, rest: rule.target.path.value }];
    });
    return new DataRules(active, undefined, undefined, settings, schema);
  }

  private constructor(
    active: readonly Active[],
    node: SchemaNode | undefined,
    statement: Statement | undefined,
    rules: NacmRules,
    schema: SchemaIndex,
  ) {
    this.#active = active;
    this.#node = node;
    this.#statement = statement;
    this.#rules = rules;
    this.#schema = schema;
  }

  verdict(operation: DataOperation): Verdict {
    let verdict = this.#verdicts.get(operation);
    if (verdict === undefined) {
      const active = this.#active.find(
        ({ rule, rest }) => rest.length === 0 && isAbout(rule, operation) && this.#isOfModule(rule),
      );
      verdict = active?.rule.verdict ?? dataDefault(this.#rules, operation, this.#statement);
      this.#verdicts.set(operation, verdict);
    }
    return verdict;
  }

  throughout(operation: DataOperation): Verdict | undefined {
    const known = this.#throughout.get(operation);
    if (known !== undefined) return known === 'differs' ? undefined : known;
    const verdict = this.#decideThroughout(operation);
    this.#throughout.set(operation, verdict ?? 'differs');
    return verdict;
  }

  /** The rules at `element`, which is an instance of `node` in this one. */
  child(node: SchemaNode, element: XmlElement, user: string): DataRules {
    let way = this.#ways.get(node);
    if (way === undefined) {
      way = this.#wayTo(node);
      this.#ways.set(node, way);
    }
    if (way.kind === 'plain') return way.next;
    let held = '';
    for (const test of way.tests) held += test(element, user) ? '1' : '0';
    let next = way.next.get(held);
    if (next === undefined) {
      const outcomes = [...held].map((outcome) => outcome === '1');
      next = this.#next(node, (tested) => outcomes[tested] ?? false);
      way.next.set(held, next);
    }
    return next;
  }

  #isOfModule({ module }: Rule): boolean {
    return module === '*' || module === this.#node?.module;
  }

  #decideThroughout(operation: DataOperation): Verdict | undefined {
    const modules = modulesBelow(this.#node, this.#schema);
    const permits = new Set<boolean>();
    let isSettled = false;
    for (const { rule, rest } of this.#active) {
      if (!isAbout(rule, operation) || (rule.module !== '*' && !modules.has(rule.module))) continue;
      permits.add(rule.verdict.permit);
      isSettled = rest.length === 0 && (rule.module === '*' || modules.size === 1);
      if (isSettled) break;
    }
    if (!isSettled) {
      const below = strictestBelow(this.#node, this.#schema);
      for (const statement of [this.#statement, strictest(this.#statement, below)]) {
        permits.add(dataDefault(this.#rules, operation, statement).permit);
      }
    }
    if (permits.size > 1) return undefined;
    return permits.has(true) ? PERMITTED : this.verdict(operation);
  }

  #wayTo(node: SchemaNode): Way {
    const tests: KeyTest[] = [];
    for (const step of this.#stepsTo(node))
      if (step.predicates.length > 0) {
        tests.push(predicatesHold(step.predicates, node, this.#schema));
      }
    if (tests.length === 0) return { kind: 'plain', next: this.#next(node, () => true) };
    return { kind: 'tested', tests, next: new Map() };
  }

  /** What is left of the rules at `node`; `holds` says which of the steps with predicates, by number, lead there. */
  #next(node: SchemaNode, holds: (tested: number) => boolean): DataRules {
    let tested = 0;
    const active: Active[] = [];
    for (const one of this.#active) {
      const [step, ...rest] = one.rest;
      if (step === undefined) active.push(one);
      else if (this.#leadsTo(step, node) && (step.predicates.length === 0 || holds(tested++))) {
        active.push({ rule: one.rule, rest });
      }
    }
    return new DataRules(active, node, strictest(this.#statement, node.nacm), this.#rules, this.#schema);
  }

  *#stepsTo(node: SchemaNode): Generator<PathStep> {
    for (const { rest } of this.#active) {
      const [step] = rest;
      if (step !== undefined && this.#leadsTo(step, node)) yield step;
    }
  }

  #leadsTo(step: PathStep, node: SchemaNode): boolean {
    return step.name === node.name && step.namespace === this.#schema.namespaceOf(node);
  }
}

const isAbout = ({ operations }: Rule, operation: DataOperation) => operations === '*' || operations.has(operation);
