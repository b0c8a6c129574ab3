// What RFC 8341 §3.4.4, §3.4.5 and §3.4.6 say, step by step, for tests to hold the server against. Knows nothing of it:
// rules and data are plain values here.

export interface OracleRule {
  readonly name: string;
  readonly moduleName: string;
  readonly rpcName?: string;
  readonly notificationName?: string;
  readonly path?: readonly OracleStep[];
  /** `*`, or some of them. */
  readonly accessOperations: '*' | readonly string[];
  readonly action: 'permit' | 'deny';
}

export interface OracleStep {
  readonly module: string;
  readonly name: string;
  /** `$USER` for the user. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface OracleRules {
  readonly enableNacm: boolean;
  readonly readDefault: 'permit' | 'deny';
  readonly writeDefault: 'permit' | 'deny';
  readonly execDefault: 'permit' | 'deny';
  readonly enableExternalGroups: boolean;
  readonly groups: readonly { readonly name: string; readonly userNames: readonly string[] }[];
  readonly ruleLists: readonly {
    readonly name: string;
    readonly groups: readonly string[];
    readonly rules: readonly OracleRule[];
  }[];
}

export interface OracleUser {
  readonly name: string;
  readonly externalGroups: readonly string[];
  readonly recovery: boolean;
}

/** An instance in the data, with its way from the top; `keys` by name, empty where it is no entry of a list. */
export interface OracleNode extends OracleStep {
  readonly statement?: 'default-deny-write' | 'default-deny-all';
}

/** Of an operation and notification: what its statement has. */
export interface OracleName {
  readonly module: string;
  readonly name: string;
  readonly denyAll: boolean;
}

export function mayExecute(rules: OracleRules, user: OracleUser, { module, name, denyAll }: OracleName): boolean {
  if (!rules.enableNacm) return true; // 1
  if (user.recovery) return true; // 2
  if (module === 'ietf-netconf' && name === 'close-session') return true; // 3
  const groups = groupsOf(rules, user); // 4
  if (groups.length > 0) {
    // 5
    for (const list of rules.ruleLists) {
      // 6
      if (!list.groups.some((group) => group === '*' || groups.includes(group))) continue;
      for (const rule of list.rules) {
        // 7
        const matchesModule = rule.moduleName === '*' || rule.moduleName === module;
        const hasNoType = rule.rpcName === undefined && rule.notificationName === undefined && rule.path === undefined;
        const matchesType = hasNoType || rule.rpcName === '*' || rule.rpcName === name;
        const matchesOperation = rule.accessOperations === '*' || rule.accessOperations.includes('exec');
        if (matchesModule && matchesType && matchesOperation) return rule.action === 'permit'; // 8
      }
    }
  }
  if (denyAll) return false; // 10
  if (module === 'ietf-netconf' && (name === 'kill-session' || name === 'delete-config')) return false; // 11
  return rules.execDefault === 'permit'; // 12
}

/** Of one node, whatever is above it. `way` leads from the top to it. */
export function mayAccess(
  rules: OracleRules,
  user: OracleUser,
  way: readonly OracleNode[],
  operation: 'read' | 'create' | 'update' | 'delete',
): boolean {
  if (!rules.enableNacm) return true; // 1
  if (user.recovery) return true; // 2
  const groups = groupsOf(rules, user); // 3
  const node = way.at(-1);
  if (groups.length > 0) {
    // 4
    for (const list of rules.ruleLists) {
      // 5
      if (!list.groups.some((group) => group === '*' || groups.includes(group))) continue;
      for (const rule of list.rules) {
        // 6
        const matchesModule = rule.moduleName === '*' || rule.moduleName === node?.module;
        const hasNoType = rule.rpcName === undefined && rule.notificationName === undefined && rule.path === undefined;
        const matchesType = hasNoType || (rule.path !== undefined && isAtOrAbove(rule.path, way, user.name));
        const matchesOperation = rule.accessOperations === '*' || rule.accessOperations.includes(operation);
        if (matchesModule && matchesType && matchesOperation) return rule.action === 'permit'; // 7
      }
    }
  }
  const statements = way.map(({ statement }) => statement);
  if (operation === 'read') {
    if (statements.includes('default-deny-all')) return false; // 9
    return rules.readDefault === 'permit'; // 11
  }
  if (statements.includes('default-deny-all') || statements.includes('default-deny-write')) return false; // 10
  return rules.writeDefault === 'permit'; // 12
}

export function mayReceive(rules: OracleRules, user: OracleUser, { module, name, denyAll }: OracleName): boolean {
  if (!rules.enableNacm) return true; // 1
  if (user.recovery) return true; // 2
  if (module === 'nc-notifications' && (name === 'replayComplete' || name === 'notificationComplete')) return true; // 3
  const groups = groupsOf(rules, user); // 4
  if (groups.length > 0) {
    // 5
    for (const list of rules.ruleLists) {
      // 6
      if (!list.groups.some((group) => group === '*' || groups.includes(group))) continue;
      for (const rule of list.rules) {
        // 7
        const matchesModule = rule.moduleName === '*' || rule.moduleName === module;
        const hasNoType = rule.rpcName === undefined && rule.notificationName === undefined && rule.path === undefined;
        const matchesType = hasNoType || rule.notificationName === '*' || rule.notificationName === name;
        const matchesOperation = rule.accessOperations === '*' || rule.accessOperations.includes('read');
        if (matchesModule && matchesType && matchesOperation) return rule.action === 'permit'; // 8
      }
    }
  }
  if (denyAll) return false; // 10
  return rules.readDefault === 'permit'; // 11
}

function groupsOf(rules: OracleRules, user: OracleUser): string[] {
  const configured = rules.groups.filter(({ userNames }) => userNames.includes(user.name)).map(({ name }) => name);
  return rules.enableExternalGroups ? [...configured, ...user.externalGroups] : configured;
}

function isAtOrAbove(path: readonly OracleStep[], way: readonly OracleNode[], user: string): boolean {
  return path.every((step, depth) => {
    const node = way[depth];
    if (node === undefined || node.module !== step.module || node.name !== step.name) return false;
    return Object.entries(step.keys).every(([key, value]) => node.keys[key] === (value === '$USER' ? user : value));
  });
}
