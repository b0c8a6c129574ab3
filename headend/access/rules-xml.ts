import { escapeAttribute, escapeText } from '@sublane/netconf';
import { NACM_NAMESPACE } from 'netconf-server';
import { type AccessRule, type AccessRuleList, INITIAL } from './rule-lists.ts';

const NAMESPACES: Readonly<Record<string, string>> = {
  'nc-notifications': 'urn:ietf:params:xml:ns:netmod:notification',
  'sublane-service': 'urn:sublane:params:xml:ns:yang:sublane-service',
};

/** `<nacm>` with these lists, in which all that no rule permits is denied. */
export function rulesXml(lists: readonly AccessRuleList[]): string {
  const defaults = ['read-default', 'write-default', 'exec-default'].map((name) => leaf(name, 'deny'));
  return `<nacm xmlns="${NACM_NAMESPACE}">${defaults.join('')}${lists.map(listXml).join('')}</nacm>`;
}

const listXml = ({ name, group, rules }: AccessRuleList) =>
  `<rule-list>${leaf('name', name)}${leaf('group', group)}${rules.map((rule) => ruleXml(rule, NAMESPACES)).join('')}</rule-list>`;

/** One rule; `namespaces` by module has those of its path. */
export const ruleXml = (
  { name, action, module, rpc, notification, path, operations, comment }: AccessRule,
  namespaces: Readonly<Record<string, string>>,
): string =>
  `<rule>${leaf('name', name)}${leaf('module-name', module)}${leaf('rpc-name', rpc)}` +
  `${leaf('notification-name', notification)}${leaf('path', path, declarations(namespaces, path))}` +
  `${leaf('access-operations', operations)}${leaf('action', action)}${leaf('comment', comment)}</rule>`;

const leaf = (name: string, text: string | undefined, attributes = '') =>
  text === undefined ? '' : `<${name}${attributes}>${escapeText(text)}</${name}>`;

/** The prefixes of a path are the modules' names. */
function declarations(namespaces: Readonly<Record<string, string>>, path = ''): string {
  return Object.entries(namespaces)
    .filter(([module]) => path.includes(`${module}:`))
    .map(([module, namespace]) => ` xmlns:${module}="${escapeAttribute(namespace)}"`)
    .join('');
}

/** `/nacm` of a new store. */
export const INITIAL_RULES = rulesXml(INITIAL);
