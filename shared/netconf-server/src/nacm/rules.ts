import type { Result } from '@sublane/basics';
import { childElement, childElements, elementText, type XmlElement } from '@sublane/netconf';
import type { DataOperation, Decision, Verdict } from '../access.ts';
import { type NodePath, readNodePath } from './node-path.ts';

export const NACM_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm';

/** `/nacm` as it is configured (RFC 8341 §3.3), with the defaults of its module. */
export interface NacmRules {
  readonly enabled: boolean;
  readonly readDefault: Action;
  readonly writeDefault: Action;
  readonly execDefault: Action;
  readonly externalGroups: boolean;
  /** The groups that are configured for a user. */
  readonly groupsOfUser: ReadonlyMap<string, readonly string[]>;
  readonly ruleLists: readonly RuleList[];
}

export type Action = 'permit' | 'deny';

export interface RuleList {
  readonly name: string;
  /** `*` among them: all groups. */
  readonly groups: ReadonlySet<string>;
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly ruleList: string;
  readonly name: string;
  /** `*` for all. */
  readonly module: string;
  readonly target: RuleTarget;
  readonly operations: ReadonlySet<DataOperation> | '*';
  readonly action: Action;
  readonly comment?: string;
  /** What it says where it matches. */
  readonly verdict: Verdict;
}

/** The choice `rule-type`; `any` where the rule has none of it, which "matches all requests". */
export type RuleTarget =
  | { readonly kind: 'any' }
  | { readonly kind: 'rpc' | 'notification'; readonly name: string }
  | { readonly kind: 'data'; readonly text: string; readonly path: Result<NodePath, string> };

/** The element of a configuration that `readRules` reads. */
export const nacmOf = ({ elements }: { readonly elements: readonly XmlElement[] }): XmlElement | undefined =>
  elements.find(({ name, namespace }) => name === 'nacm' && namespace === NACM_NAMESPACE);

/** What decided, in words. */
export function decisionText(decision: Decision): string {
  switch (decision.kind) {
    case 'rule':
      return `${decision.ruleList}/${decision.rule}`;
    case 'default':
      return decision.leaf;
    case 'statement':
      return `nacm:${decision.statement}`;
    case 'standard':
      return `RFC 8341 §${decision.section}`;
    case 'disabled':
      return 'enable-nacm is false';
    case 'recovery':
      return 'recovery session';
  }
}

export function refusal(decidedBy: Decision): Verdict {
  return { permit: false, rule: decisionText(decidedBy), decidedBy };
}

/** Reads the element `<nacm>` of a valid configuration; undefined: it is not there, and the module's defaults hold. */
export function readRules(nacm: XmlElement | undefined): NacmRules {
  const of = nacm === undefined ? () => undefined : reader(nacm);
  const groupsOfUser = new Map<string, string[]>();
  for (const group of listOf(nacm && childElement(nacm, 'groups', NACM_NAMESPACE), 'group')) {
    const name = reader(group)('name') ?? '';
    for (const user of listOf(group, 'user-name').map(elementText)) {
      const others = groupsOfUser.get(user);
      if (others === undefined) groupsOfUser.set(user, [name]);
      else others.push(name);
    }
  }
  return {
    enabled: of('enable-nacm') !== 'false',
    readDefault: action(of('read-default') ?? 'permit'),
    writeDefault: action(of('write-default') ?? 'deny'),
    execDefault: action(of('exec-default') ?? 'permit'),
    externalGroups: of('enable-external-groups') !== 'false',
    groupsOfUser,
    ruleLists: listOf(nacm, 'rule-list').map(readRuleList),
  };
}

function readRuleList(element: XmlElement): RuleList {
  const name = reader(element)('name') ?? '';
  return {
    name,
    groups: new Set(listOf(element, 'group').map(elementText)),
    rules: listOf(element, 'rule').map((rule) => readRule(rule, name)),
  };
}

function readRule(element: XmlElement, ruleList: string): Rule {
  const of = reader(element);
  const name = of('name') ?? '';
  const comment = of('comment');
  const does = action(of('action'));
  return {
    ruleList,
    name,
    module: of('module-name') ?? '*',
    target: readTarget(element),
    operations: operationsOf(of('access-operations') ?? '*'),
    action: does,
    ...(comment !== undefined && { comment }),
    verdict: does === 'permit' ? { permit: true } : refusal({ kind: 'rule', ruleList, rule: name }),
  };
}

function readTarget(rule: XmlElement): RuleTarget {
  const of = reader(rule);
  const rpc = of('rpc-name');
  if (rpc !== undefined) return { kind: 'rpc', name: rpc };
  const notification = of('notification-name');
  if (notification !== undefined) return { kind: 'notification', name: notification };
  const leaf = childElement(rule, 'path', NACM_NAMESPACE);
  if (leaf === undefined) return { kind: 'any' };
  const text = elementText(leaf);
  return { kind: 'data', text, path: readNodePath(text, leaf) };
}

const operationsOf = (text: string): Rule['operations'] =>
  text.trim() === '*' ? '*' : new Set(text.trim().split(/\s+/) as DataOperation[]);

/** What is no action would be an invalid configuration: it permits nothing. */
const action = (text: string | undefined): Action => (text === 'permit' ? 'permit' : 'deny');

/** Texts of leafs, by name. */
const reader = (element: XmlElement) => (name: string) => {
  const leaf = childElement(element, name, NACM_NAMESPACE);
  return leaf && elementText(leaf).trim();
};

function listOf(parent: XmlElement | undefined, name: string): XmlElement[] {
  if (parent === undefined) return [];
  return childElements(parent).filter((child) => child.name === name && child.namespace === NACM_NAMESPACE);
}
