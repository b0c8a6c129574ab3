import { ok, type Result } from '@sublane/basics';
import { writeXml, type XmlElement } from '@sublane/netconf';
import type { Context, SchemaNode } from 'libyang-wasm';
import {
  type AccessControl,
  type DataAccess,
  type DataOperation,
  type Identity,
  PERMITTED,
  type RefusedAccess,
  UNRESTRICTED,
  type Verdict,
} from '../access.ts';
import type { ConfigSnapshot } from '../datastore.ts';
import type { OperationalProvider } from '../operational.ts';
import { SchemaIndex } from '../schema-index.ts';
import { isAlwaysInvoked, isAlwaysReceived } from './always.ts';
import type { DataRules } from './data-rules.ts';
import { type AccessQuestion, type Explanation, explain } from './explain.ts';
import { Policy } from './policy.ts';
import { NACM_NAMESPACE, type NacmRules, nacmOf, readRules } from './rules.ts';

export interface NacmOptions {
  /** Has `ietf-netconf-acm` among its modules. */
  readonly schema: Context;
  /** The configuration in force, whose `/nacm` holds: that of running, now. */
  readonly running: () => Pick<ConfigSnapshot, 'elements'>;
  /** Groups that the transport, or whoever authenticated, gives the user (RFC 8341 §3.3.2). None unless given. */
  readonly groupsOf?: (identity: Identity) => readonly string[];
  /** Is it a recovery session, which "bypasses all access control enforcement" (§3.3.3)? None is unless given. */
  readonly isRecovery?: (identity: Identity) => boolean;
  /** May it be told which rule refused it? Whoever may read the whole of `/nacm` unless given. */
  readonly mayKnow?: (identity: Identity) => boolean;
}

/** Access control by the rules of `/nacm` (RFC 8341). */
export interface Nacm extends AccessControl {
  /** How a question is answered, step by step. Counts nothing. Fails with a sentence where the schema has no such thing. */
  explain(identity: Identity, question: AccessQuestion): Result<Explanation, string>;
  /** The groups that count for it: configured ones and, where they are enabled, those from outside. */
  groupsOf(identity: Identity): readonly string[];
  /** The rules in force. */
  rules(): NacmRules;
  /** Gives the counters of `/nacm`: one of the server's `operational`. */
  readonly state: OperationalProvider;
}

/**
 * NACM over a configuration. Rules are read once for each configuration that has others, verdicts on rpcs and
 * notifications are remembered, and a walk over data is a look-up for each node: no request reads a rule.
 */
export function createNacm(options: NacmOptions): Nacm {
  return new RuledAccess(options);
}

/** What was made of one configuration. */
interface Compiled {
  readonly text: string;
  readonly rules: NacmRules;
  readonly ofIdentities: WeakMap<Identity, Policy | 'all'>;
  readonly ofGroups: Map<string, Policy>;
}

class RuledAccess implements Nacm {
  readonly state: OperationalProvider;
  readonly #options: NacmOptions;
  readonly #schema: SchemaIndex;
  readonly #denied: Record<RefusedAccess, number> = { invoke: 0, write: 0, receive: 0 };
  #from: Pick<ConfigSnapshot, 'elements'> | undefined;
  #compiled: Compiled = compiled(undefined);

  constructor(options: NacmOptions) {
    this.#options = options;
    this.#schema = new SchemaIndex(options.schema);
    this.state = {
      module: 'ietf-netconf-acm',
      name: 'nacm',
      read: () => ok(countersXml(this.#denied)),
    };
  }

  mayInvoke(identity: Identity, module: string, rpc: string): Verdict {
    const policy = this.#policy(identity);
    if (policy === 'all' || isAlwaysInvoked(module, rpc)) return PERMITTED;
    return policy.invoke(module, rpc);
  }

  mayReceive(identity: Identity, module: string, notification: string): Verdict {
    const policy = this.#policy(identity);
    if (policy === 'all' || isAlwaysReceived(module, notification)) return PERMITTED;
    return policy.receive(module, notification);
  }

  data(identity: Identity): DataAccess {
    const policy = this.#policy(identity);
    return policy === 'all' ? UNRESTRICTED.data(identity) : new RuledData(policy.data, identity.user);
  }

  mayKnow(identity: Identity): boolean {
    const { mayKnow } = this.#options;
    if (mayKnow !== undefined) return mayKnow(identity);
    const node = this.#schema.child(undefined, NACM_NAMESPACE, 'nacm');
    if (node === undefined) return false;
    return this.data(identity).child(node, NO_ELEMENT).throughout('read')?.permit ?? false;
  }

  refused(access: RefusedAccess): void {
    // zero-based-counter32: back to 0 after 2^32 - 1 (RFC 6991 §3).
    this.#denied[access] = (this.#denied[access] + 1) % 2 ** 32;
  }

  rules(): NacmRules {
    return this.#current().rules;
  }

  groupsOf(identity: Identity): readonly string[] {
    const { groupsOfUser, externalGroups } = this.rules();
    const external = externalGroups ? (this.#options.groupsOf?.(identity) ?? []) : [];
    return [...new Set([...(groupsOfUser.get(identity.user) ?? []), ...external])];
  }

  explain(identity: Identity, question: AccessQuestion): Result<Explanation, string> {
    const asked = {
      user: identity.user,
      groups: this.groupsOf(identity),
      isRecovery: this.#options.isRecovery?.(identity) ?? false,
    };
    return explain(question, asked, this.rules(), this.#schema);
  }

  #policy(identity: Identity): Policy | 'all' {
    const current = this.#current();
    let policy = current.ofIdentities.get(identity);
    if (policy === undefined) {
      policy = this.#decidePolicy(identity, current);
      current.ofIdentities.set(identity, policy);
    }
    return policy;
  }

  #decidePolicy(identity: Identity, { rules, ofGroups }: Compiled): Policy | 'all' {
    if (!rules.enabled || this.#options.isRecovery?.(identity)) return 'all';
    const groups = [...this.groupsOf(identity)].sort();
    const key = JSON.stringify(groups);
    let policy = ofGroups.get(key);
    if (policy === undefined) {
      policy = new Policy(rules, new Set(groups), this.#schema);
      ofGroups.set(key, policy);
    }
    return policy;
  }

  #current(): Compiled {
    const configuration = this.#options.running();
    if (configuration !== this.#from) {
      this.#from = configuration;
      const nacm = nacmOf(configuration);
      const text = nacm === undefined ? '' : writeXml(nacm);
      if (text !== this.#compiled.text) this.#compiled = compiled(nacm, text);
    }
    return this.#compiled;
  }
}

class RuledData implements DataAccess {
  readonly #rules: DataRules;
  readonly #user: string;

  constructor(rules: DataRules, user: string) {
    this.#rules = rules;
    this.#user = user;
  }

  verdict(operation: DataOperation): Verdict {
    return this.#rules.verdict(operation);
  }

  throughout(operation: DataOperation): Verdict | undefined {
    return this.#rules.throughout(operation);
  }

  child(node: SchemaNode, element: XmlElement): DataAccess {
    return new RuledData(this.#rules.child(node, element, this.#user), this.#user);
  }
}

/** `/nacm` itself has no keys: any element of it will do. */
const NO_ELEMENT: XmlElement = {
  name: 'nacm',
  namespace: NACM_NAMESPACE,
  prefix: '',
  attributes: [],
  scope: undefined,
  children: [],
};

const compiled = (nacm: XmlElement | undefined, text = ''): Compiled => ({
  text,
  rules: readRules(nacm),
  ofIdentities: new WeakMap(),
  ofGroups: new Map(),
});

function countersXml(denied: Readonly<Record<RefusedAccess, number>>): string {
  return (
    `<nacm xmlns="${NACM_NAMESPACE}"><denied-operations>${denied.invoke}</denied-operations>` +
    `<denied-data-writes>${denied.write}</denied-data-writes>` +
    `<denied-notifications>${denied.receive}</denied-notifications></nacm>`
  );
}
