import { failed, ok, type Result } from '@sublane/basics';
import type { DataOperation, Decision, Verdict } from '../access.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { isAlwaysInvoked, isAlwaysReceived, isFor } from './always.ts';
import { dataDefault, invokeDefault, receiveDefault, type Statement, strictest } from './defaults.ts';
import { predicatesHold } from './key-test.ts';
import type { NodePath } from './node-path.ts';
import { type Step, stepsOf } from './path-text.ts';
import type { NacmRules, Rule, RuleList } from './rules.ts';

/** May somebody do this? */
export type AccessQuestion =
  | { readonly kind: 'rpc'; readonly module: string; readonly rpc: string }
  | { readonly kind: 'notification'; readonly module: string; readonly notification: string }
  /** `path` as RFC 7951 §6.11 writes it: `/module:list[key='value']/leaf`; what has no key is any entry that no rule with that key is for. */
  | { readonly kind: 'data'; readonly path: string; readonly operation: DataOperation };

export interface Explanation {
  readonly permit: boolean;
  readonly decidedBy: Decision;
  readonly user: string;
  readonly groups: readonly string[];
  /** The node of the path at which it was decided: to read a node one must read those above it too. */
  readonly at?: string;
  /** What was looked at, in order; of the node at `at` only. */
  readonly trace: readonly TraceStep[];
}

export interface TraceStep {
  readonly ruleList: string;
  /** Absent where the list as a whole was passed over. */
  readonly rule?: string;
  readonly comment?: string;
  readonly outcome: 'passed-over' | 'permit' | 'deny';
  /** Why it was passed over. */
  readonly because?: string;
}

interface Asker {
  readonly user: string;
  readonly groups: readonly string[];
  readonly isRecovery: boolean;
}

/** RFC 8341 §3.4.4, §3.4.5 and §3.4.6, walked as they are written. Fails where the schema has no such thing. */
export function explain(
  question: AccessQuestion,
  asker: Asker,
  rules: NacmRules,
  schema: SchemaIndex,
): Result<Explanation, string> {
  const { user, groups } = asker;
  const answer = (
    permit: boolean,
    decidedBy: Decision,
    trace: readonly TraceStep[] = [],
    at?: string,
  ): Explanation => ({
    permit,
    decidedBy,
    user,
    groups,
    ...(at !== undefined && { at }),
    trace,
  });
  const steps = question.kind === 'data' ? stepsOf(question.path, schema) : ok([]);
  if (!steps.ok) return steps;
  if (question.kind !== 'data') {
    const unknown = unknownName(question, schema);
    if (unknown !== undefined) return failed(unknown);
  }
  // Steps 1 to 3.
  if (!rules.enabled) return ok(answer(true, { kind: 'disabled' }));
  if (asker.isRecovery) return ok(answer(true, { kind: 'recovery' }));
  switch (question.kind) {
    case 'rpc': {
      const { module, rpc } = question;
      if (isAlwaysInvoked(module, rpc)) return ok(answer(true, { kind: 'standard', section: '3.4.4' }));
      const asked = { module, name: rpc, kind: 'rpc' as const, operation: 'exec' as const };
      const { decision, trace } = decide(rules, asker, (rule) => mismatchOfName(rule, asked));
      if (decision !== undefined) return ok(answer(decision.permit, decision.by, trace));
      const verdict = invokeDefault(rules, schema.moduleNamed(module), rpc);
      return ok(answer(verdict.permit, byDefault(verdict, 'exec-default'), trace));
    }
    case 'notification': {
      const { module, notification } = question;
      if (isAlwaysReceived(module, notification)) return ok(answer(true, { kind: 'standard', section: '3.4.6' }));
      const asked = { module, name: notification, kind: 'notification' as const, operation: 'read' as const };
      const { decision, trace } = decide(rules, asker, (rule) => mismatchOfName(rule, asked));
      if (decision !== undefined) return ok(answer(decision.permit, decision.by, trace));
      const verdict = receiveDefault(rules, schema.moduleNamed(module), notification);
      return ok(answer(verdict.permit, byDefault(verdict, 'read-default'), trace));
    }
    case 'data': {
      const { operation } = question;
      const whole = steps.value;
      // "silently omitted, along with any descendants" (§3.2.4); an action wants its data to be readable (§3.1.3).
      if (operation === 'read' || operation === 'exec') {
        for (let length = 1; length < whole.length; length++) {
          const above = whole.slice(0, length);
          const { permit, by, trace } = decideData(above, 'read', asker, rules, schema);
          if (!permit) return ok(answer(false, by, trace, textOf(above)));
        }
      }
      const { permit, by, trace } = decideData(whole, operation, asker, rules, schema);
      return ok(answer(permit, by, trace, textOf(whole)));
    }
  }
}

function decideData(
  steps: readonly Step[],
  operation: DataOperation,
  asker: Asker,
  rules: NacmRules,
  schema: SchemaIndex,
): { readonly permit: boolean; readonly by: Decision; readonly trace: readonly TraceStep[] } {
  const module = steps.at(-1)?.node.module;
  const { decision, trace } = decide(rules, asker, (rule) => {
    if (rule.target.kind !== 'any' && rule.target.kind !== 'data') return `it is about ${KIND_TEXT[rule.target.kind]}`;
    if (rule.module !== '*' && rule.module !== module) return `it is about module ${rule.module}`;
    if (!isAbout(rule, operation)) return `it is about ${operationsText(rule)}`;
    if (rule.target.kind === 'any') return undefined;
    const { path, text } = rule.target;
    if (!path.ok) return `its path ${path.failure}`;
    return leadsTo(path.value, steps, asker.user, schema) ? undefined : `${text} is neither this node nor above it`;
  });
  if (decision !== undefined) return { ...decision, trace };
  const statement = steps.reduce<Statement | undefined>((above, { node }) => strictest(above, node.nacm), undefined);
  const verdict = dataDefault(rules, operation, statement);
  const leaf = operation === 'read' ? 'read-default' : operation === 'exec' ? 'exec-default' : 'write-default';
  return { permit: verdict.permit, by: byDefault(verdict, leaf), trace };
}

/** Steps 4 to 8: the groups, the rule-lists in order, their rules in order. */
function decide(rules: NacmRules, { groups }: Asker, mismatch: (rule: Rule) => string | undefined) {
  const trace: TraceStep[] = [];
  const own = new Set(groups);
  for (const list of rules.ruleLists) {
    if (!isFor(list.groups, own)) {
      trace.push({ ruleList: list.name, outcome: 'passed-over', because: otherGroups(list, own) });
      continue;
    }
    for (const rule of list.rules) {
      const because = mismatch(rule);
      const step = {
        ruleList: list.name,
        rule: rule.name,
        ...(rule.comment !== undefined && { comment: rule.comment }),
      };
      if (because !== undefined) {
        trace.push({ ...step, outcome: 'passed-over', because });
        continue;
      }
      trace.push({ ...step, outcome: rule.action });
      const by: Decision = { kind: 'rule', ruleList: list.name, rule: rule.name };
      return { decision: { permit: rule.action === 'permit', by }, trace };
    }
  }
  return { decision: undefined, trace };
}

function otherGroups({ groups }: RuleList, own: ReadonlySet<string>): string {
  if (own.size === 0) return 'the user has no groups';
  return groups.size === 0 ? 'it is for no group' : `it is for ${[...groups].join(', ')}`;
}

interface AskedName {
  readonly module: string;
  readonly name: string;
  readonly kind: 'rpc' | 'notification';
  readonly operation: 'exec' | 'read';
}

function mismatchOfName(rule: Rule, { module, name, kind, operation }: AskedName): string | undefined {
  const { target } = rule;
  if (rule.module !== '*' && rule.module !== module) return `it is about module ${rule.module}`;
  if (target.kind === 'data') return 'it is about data';
  if (target.kind !== 'any' && target.kind !== kind) return `it is about ${KIND_TEXT[target.kind]}`;
  if (target.kind !== 'any' && target.name !== '*' && target.name !== name) return `it is about ${target.name}`;
  return isAbout(rule, operation) ? undefined : `it is about ${operationsText(rule)}`;
}

function leadsTo(path: NodePath, steps: readonly Step[], user: string, schema: SchemaIndex): boolean {
  if (path.length > steps.length) return false;
  return path.every((wanted, place) => {
    const { node, element } = steps[place]!;
    if (wanted.name !== node.name || wanted.namespace !== schema.namespaceOf(node)) return false;
    return predicatesHold(wanted.predicates, node, schema)(element, user);
  });
}

function unknownName(question: Exclude<AccessQuestion, { kind: 'data' }>, schema: SchemaIndex): string | undefined {
  const module = schema.moduleNamed(question.module);
  if (module === undefined) return `there is no module ${question.module} here`;
  const [nodes, name] =
    question.kind === 'rpc' ? [module.rpcs, question.rpc] : [module.notifications, question.notification];
  if (nodes.some((node) => node.name === name)) return undefined;
  return `${question.module} has no ${question.kind} ${name}`;
}

const KIND_TEXT = { rpc: 'an rpc', notification: 'a notification' };

const isAbout = ({ operations }: Rule, operation: DataOperation) => operations === '*' || operations.has(operation);
const operationsText = ({ operations }: Rule) => (operations === '*' ? 'everything' : [...operations].join(', '));

const byDefault = (verdict: Verdict, leaf: Extract<Decision, { kind: 'default' }>['leaf']): Decision =>
  verdict.permit || verdict.decidedBy === undefined ? { kind: 'default', leaf } : verdict.decidedBy;

/** Names only: `/module:list/leaf`. */
function textOf(steps: readonly Step[]): string {
  if (steps.length === 0) return '/';
  return steps
    .map(({ node }, place) => `/${node.module === steps[place - 1]?.node.module ? '' : `${node.module}:`}${node.name}`)
    .join('');
}
