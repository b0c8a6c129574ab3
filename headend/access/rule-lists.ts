/** A rule of NACM (RFC 8341 §3.5), in the words of its module. */
export interface AccessRule {
  readonly name: string;
  readonly action: 'permit' | 'deny';
  readonly module?: string;
  readonly rpc?: string;
  readonly notification?: string;
  /** With the modules' names as prefixes; every name with one. */
  readonly path?: string;
  /** All unless given. */
  readonly operations?: string;
  readonly comment?: string;
}

export interface AccessRuleList {
  readonly name: string;
  readonly group: string;
  readonly rules: readonly AccessRule[];
}

const rpcs = (module: string, ...names: readonly string[]): AccessRule[] =>
  names.map((name) => ({ name, action: 'permit', module, rpc: name, operations: 'exec' }));

/** What a host asks for itself, and what it sees: the keys that every host needs, and its own entry. */
const HOST: readonly AccessRule[] = [
  ...rpcs('ietf-subscriber-service-message', 'subscriber-service-message'),
  ...rpcs(
    'sublane-service',
    'get-available-services',
    'get-service',
    'renew-service',
    'release-service',
    'report-service',
    'confirm-modification',
  ),
  ...rpcs('ietf-netconf', 'get'),
  ...rpcs('ietf-netconf-monitoring', 'get-schema'),
  ...rpcs('notifications', 'create-subscription'),
  { name: 'keys-of-the-headend', action: 'permit', path: '/sublane-service:headend-keys', operations: 'read' },
  { name: 'streams', action: 'permit', path: '/nc-notifications:netconf', operations: 'read' },
  {
    name: 'itself',
    action: 'permit',
    path: '/sublane-service:hosts/sublane-service:host[sublane-service:host-id=$USER]',
    operations: 'read',
  },
  {
    name: 'hosts-see-only-themselves',
    action: 'deny',
    path: '/sublane-service:hosts/sublane-service:host',
    operations: 'read',
  },
  {
    name: 'list-of-hosts',
    action: 'permit',
    path: '/sublane-service:hosts',
    operations: 'read',
    comment: 'of which it sees itself: the rules before this one',
  },
  { name: 'news-for-hosts', action: 'permit', module: 'sublane-service', notification: '*', operations: 'read' },
];

/** Who comes with an invitation. */
const ENROL: readonly AccessRule[] = rpcs('sublane-service', 'enrol-host');

/** Looks, and changes nothing. */
const AUDITOR: readonly AccessRule[] = [
  ...rpcs('ietf-netconf', 'get', 'get-config'),
  ...rpcs('ietf-netconf-nmda', 'get-data'),
  ...rpcs('ietf-netconf-monitoring', 'get-schema'),
  ...rpcs('notifications', 'create-subscription'),
  ...rpcs('ietf-subscribed-notifications', 'establish-subscription', 'modify-subscription', 'delete-subscription'),
  ...rpcs('ietf-yang-push', 'resync-subscription'),
  ...rpcs(
    'sublane-headend',
    'get-status',
    'list-locations',
    'list-pools',
    'list-subscribers',
    'list-hosts',
    'list-invitations',
    'list-operators',
    'list-leases',
    'list-quarantine',
    'list-sessions',
    'list-audit',
    'list-commits',
    'get-commit',
    'compare-configurations',
    'explain-access',
  ),
  { name: 'everything-may-be-read', action: 'permit', operations: 'read', comment: 'nothing secret is in any data' },
];

/** Works with all there is, but decides about no person's rights. */
const OPERATOR: readonly AccessRule[] = [
  { name: 'administrators-add-operators', action: 'deny', module: 'sublane-headend', rpc: 'add-operator' },
  { name: 'administrators-remove-operators', action: 'deny', module: 'sublane-headend', rpc: 'remove-operator' },
  {
    name: 'administrators-decide-on-access',
    action: 'deny',
    // Not by path: lxml, and with it ncclient, loses a prefix for the namespace that is the default one there.
    module: 'ietf-netconf-acm',
    operations: 'create update delete',
  },
  { name: 'everything-else', action: 'permit' },
];

const ADMINISTRATOR: readonly AccessRule[] = [{ name: 'everything', action: 'permit' }];

/** What a new store begins with, and what holds while `/nacm` is not configured. */
export const INITIAL: readonly AccessRuleList[] = [
  { name: 'host', group: 'host', rules: HOST },
  { name: 'enrol', group: 'enrol', rules: ENROL },
  { name: 'auditor', group: 'auditor', rules: AUDITOR },
  { name: 'operator', group: 'operator', rules: OPERATOR },
  { name: 'administrator', group: 'administrator', rules: ADMINISTRATOR },
];

const serviceIsForHosts = (name: string, module: string): AccessRule => ({
  name,
  action: 'deny',
  module,
  operations: 'exec',
});

/** What holds beneath `/nacm` and cannot be configured: it can only take away from this. */
export const CEILING: readonly AccessRuleList[] = [
  { name: 'fixed-host', group: 'host', rules: [...HOST, { name: 'hosts-ask-for-service-only', action: 'deny' }] },
  { name: 'fixed-enrol', group: 'enrol', rules: [...ENROL, { name: 'newcomers-only-enrol', action: 'deny' }] },
  {
    name: 'fixed-staff',
    group: 'staff',
    rules: [
      serviceIsForHosts('service-rpcs-are-for-hosts', 'ietf-subscriber-service-message'),
      serviceIsForHosts('service-is-for-hosts', 'sublane-service'),
      { name: 'the-rest-is-configured', action: 'permit' },
    ],
  },
];
