/** `access-interface-cfg` → `AccessInterfaceCfg`. */
export function pascalCase(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/**
 * A type is named for the path to it: the rpc's and the direction's name, then the nodes'. These have a better name, and
 * it is the better one that paths through them go on from. What has the same members, as from one grouping, is one type,
 * named for where it is met first.
 */
export const BETTER_NAMES: Readonly<Record<string, string>> = {
  SubscriberServiceMessageInputApplicationGroup: 'RequestedGroup',
  SubscriberServiceMessageOutputSpServiceMessage: 'SpServiceMessage',
  SpServiceMessageApplicationGroup: 'ApplicationGroup',
  ApplicationGroupAccessInterfaceCfg: 'AccessInterfaceCfg',
  ApplicationGroupRoutingCfg: 'RoutingCfg',
  RoutingCfgIpv4Route: 'RoutingCfgRoute',
  ApplicationGroupQosCfg: 'QosCfg',
  QosCfgUpld: 'QosCfgRate',
  ApplicationGroupSecurityCfg: 'SecurityCfg',
  SecurityCfgPermit: 'SecurityPermit',
  SpServiceMessage: 'EdgeServiceMessage',
  EdgeServiceMessageApplicationGroup: 'EdgeApplicationGroup',
  GetAvailableServicesOutputServiceClass: 'AvailableServiceClass',
  GetServiceOutputPending: 'PendingModification',
  GetServiceOutputConcluded: 'ConcludedModification',
  RenewServiceOutputApplicationGroup: 'RenewedGroup',
  ReportServiceInputApplicationGroup: 'ReportedGroup',
  HostsHost: 'HostRecord',
  GetStatusOutputSessions: 'StatusSessions',
  GetStatusOutputLeases: 'StatusLeases',
  GetStatusOutputPool: 'StatusPool',
  GetStatusOutputRequests: 'StatusRequests',
  GetStatusOutputStore: 'StatusStore',
  ListPoolsOutputPool: 'ListedPool',
  ListSubscribersOutputSubscriber: 'ListedSubscriber',
  ListHostsOutputHost: 'ListedHost',
  ListOperatorsOutputOperator: 'ListedOperator',
  ListLeasesOutputLease: 'ListedLease',
  ListedLeaseUpld: 'GrantedRate',
  ListedLeaseReport: 'LaneReport',
  ListQuarantineOutputQuarantine: 'ListedQuarantine',
  ListSessionsOutputSession: 'ListedSession',
  ListAuditOutputEntry: 'AuditEntry',
  AuditEntryDetail: 'AuditDetail',
  HeadendPlanClassUpld: 'HeadendLimit',
  HeadendPlanClassRoute: 'HeadendRoute',
};

/** Types of identityrefs, by the first identity that each permits. */
export const IDENTITY_NAMES: Readonly<Record<string, string>> = {
  'iana-if-type:iana-interface-type': 'InterfaceType',
};
