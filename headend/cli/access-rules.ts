import { failed, ok, type Result, unwrap } from '@sublane/basics';
import {
  CLIENT_LIMITS,
  childElement,
  childElements,
  elementText,
  readXml,
  resolvePrefix,
  type XmlElement,
} from '@sublane/netconf';
import type { AccessRule } from '../access/rule-lists.ts';
import { INITIAL_RULES } from '../access/rules-xml.ts';

/** `/nacm` as people read it. */
export interface ShownAccess {
  /** There is no `/nacm`: these are the rules that hold then. */
  readonly initial: boolean;
  readonly enabled: boolean;
  readonly defaults: Readonly<Record<'read' | 'write' | 'exec', string>>;
  readonly externalGroups: boolean;
  readonly groups: readonly { readonly name: string; readonly users: readonly string[] }[];
  readonly ruleLists: readonly ShownRuleList[];
}

export interface ShownRuleList {
  readonly name: string;
  readonly groups: readonly string[];
  readonly rules: readonly AccessRule[];
}

/**
 * Reads `<nacm>`, or the initial rules where it is not there; `modules` are the namespaces by module. Prefixes of paths
 * become the modules' names.
 */
export function readAccess(configured: XmlElement | undefined, modules: ReadonlyMap<string, string>): ShownAccess {
  const nacm = configured ?? unwrap(readXml(INITIAL_RULES, CLIENT_LIMITS));
  const of = textOf(nacm);
  const groups = childElement(nacm, 'groups');
  return {
    initial: configured === undefined,
    enabled: of('enable-nacm') !== 'false',
    defaults: {
      read: of('read-default') ?? 'permit',
      write: of('write-default') ?? 'deny',
      exec: of('exec-default') ?? 'permit',
    },
    externalGroups: of('enable-external-groups') !== 'false',
    groups: all(groups, 'group').map((group) => ({
      name: textOf(group)('name') ?? '',
      users: all(group, 'user-name').map(elementText),
    })),
    ruleLists: all(nacm, 'rule-list').map((list) => ({
      name: textOf(list)('name') ?? '',
      groups: all(list, 'group').map(elementText),
      rules: all(list, 'rule').map((rule) => readRule(rule, modules)),
    })),
  };
}

function readRule(rule: XmlElement, modules: ReadonlyMap<string, string>): AccessRule {
  const of = textOf(rule);
  const optional = (name: string, leaf: string) => {
    const text = of(leaf);
    return text === undefined ? {} : { [name]: text };
  };
  const path = childElement(rule, 'path');
  return {
    name: of('name') ?? '',
    action: of('action') === 'permit' ? 'permit' : 'deny',
    ...optional('module', 'module-name'),
    ...optional('rpc', 'rpc-name'),
    ...optional('notification', 'notification-name'),
    ...(path && { path: shownPath(path, modules) }),
    ...optional('operations', 'access-operations'),
    ...optional('comment', 'comment'),
  };
}

/** `/sl:hosts/sl:host[sl:host-id=$USER]` becomes `/sublane-service:hosts/host[host-id=$USER]`. */
function shownPath(leaf: XmlElement, modules: ReadonlyMap<string, string>): string {
  const names = new Map(Array.from(modules, ([module, namespace]) => [namespace, module]));
  let before = '';
  return elementText(leaf).replace(QUOTED_OR_NAME, (whole, opening: string | undefined, prefix: string) => {
    if (prefix === undefined) return whole;
    const module = names.get(resolvePrefix(leaf.scope, prefix) ?? '') ?? prefix;
    if (module === before) return opening ?? '';
    before = module;
    return `${opening ?? ''}${module}:`;
  });
}

/** A literal, which stays, or the prefix of a name with what opens it. */
const QUOTED_OR_NAME = /'[^']*'|"[^"]*"|([/[])\s*([\w.-]+):/g;

/**
 * A path as RFC 7951 writes it, with a prefix for every name: as a rule of NACM has it in XML. Fails with a sentence.
 */
export function qualifiedPath(path: string, modules: ReadonlyMap<string, string>): Result<string, string> {
  if (path === '/') return ok(path);
  let module = '';
  let unknown: string | undefined;
  const qualified = path.replace(
    /'[^']*'|"[^"]*"|([/[])([A-Za-z_][\w.-]*)(?::([A-Za-z_][\w.-]*))?/g,
    (whole, opening, first, second) => {
      if (opening === undefined) return whole;
      if (second !== undefined) module = first;
      if (!modules.has(module)) unknown ??= module;
      return `${opening}${module}:${second ?? first}`;
    },
  );
  if (unknown === undefined && path.startsWith('/')) return ok(qualified);
  if (unknown === '' || !path.startsWith('/'))
    return failed(`${path}: expected /module:node/node[key=$USER] and so on`);
  return failed(`${path}: the headend has no module ${unknown}`);
}

const textOf = (element: XmlElement) => (name: string) => {
  const leaf = childElement(element, name);
  return leaf && elementText(leaf);
};

const all = (element: XmlElement | undefined, name: string): XmlElement[] =>
  element === undefined ? [] : childElements(element).filter((child) => child.name === name);
