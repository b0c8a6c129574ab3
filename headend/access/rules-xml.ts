import { escapeText } from '@sublane/netconf';
import { NACM_NAMESPACE } from 'netconf-server';
import type { AccessRule, AccessRuleList } from './rule-lists.ts';

const NAMESPACES: Readonly<Record<string, string>> = {
  'ietf-netconf-acm': NACM_NAMESPACE,
  'nc-notifications': 'urn:ietf:params:xml:ns:netmod:notification',
  'sublane-service': 'urn:sublane:params:xml:ns:yang:sublane-service',
};

/** `<nacm>` with these lists, in which all that no rule permits is denied. */
export function rulesXml(lists: readonly AccessRuleList[]): string {
  const defaults = ['read-default', 'write-default', 'exec-default'].map((name) => leaf(name, 'deny'));
  return `<nacm xmlns="${NACM_NAMESPACE}">${defaults.join('')}${lists.map(listXml).join('')}</nacm>`;
}

const listXml = ({ name, group, rules }: AccessRuleList) =>
  `<rule-list>${leaf('name', name)}${leaf('group', group)}${rules.map(ruleXml).join('')}</rule-list>`;

const ruleXml = ({ name, action, module, rpc, notification, path, operations, comment }: AccessRule) =>
  `<rule>${leaf('name', name)}${leaf('module-name', module)}${leaf('rpc-name', rpc)}` +
  `${leaf('notification-name', notification)}${leaf('path', path, declarations(path))}` +
  `${leaf('access-operations', operations)}${leaf('action', action)}${leaf('comment', comment)}</rule>`;

const leaf = (name: string, text: string | undefined, attributes = '') =>
  text === undefined ? '' : `<${name}${attributes}>${escapeText(text)}</${name}>`;

/** The prefixes of a path are the modules' names. */
function declarations(path = ''): string {
  return Object.entries(NAMESPACES)
    .filter(([module]) => path.includes(`${module}:`))
    .map(([module, namespace]) => ` xmlns:${module}="${namespace}"`)
    .join('');
}
