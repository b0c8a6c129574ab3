import { failed, type Log, ok, type Result, unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, type RpcError, readXml } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import {
  type AccessControl,
  type AccessQuestion,
  type ConfigSnapshot,
  createNacm,
  type DataAccess,
  type Datastore,
  type Explanation,
  type Identity,
  NACM_NAMESPACE,
  type Nacm,
  type Verdict,
} from 'netconf-server';
import { groupsOf, LOCAL_IDENTITY } from '../northbound/roles.ts';
import { CEILING } from './rule-lists.ts';
import { INITIAL_RULES, rulesXml } from './rules-xml.ts';

/** Who may do what at the headend. */
export interface HeadendAccess extends AccessControl {
  /** The rules of `/nacm`. */
  readonly nacm: Nacm;
  /** Somebody with these groups: to be asked about, as nobody comes so. */
  somebodyWith(groups: readonly string[]): Identity;
  /** How a question is answered; `fixed` where it is not for `/nacm` to say. Fails with a sentence. */
  explain(identity: Identity, question: AccessQuestion): Result<Explanation & { readonly fixed: boolean }, string>;
}

type Elements = Pick<ConfigSnapshot, 'elements'>;

/**
 * NACM by the configuration, over a ceiling that no configuration lifts: hosts and newcomers can be granted nothing but
 * what is theirs, the service rpcs are for hosts, and who is none of ours gets nothing. Who comes by the Unix socket is the
 * recovery session (RFC 8341 §3.3.3): wrong rules lock nobody out of the machine. While there is no `/nacm`, the initial
 * rules hold.
 */
export function createAccess(schema: Context, running: () => Elements): HeadendAccess {
  const initial = elementsOf(INITIAL_RULES);
  const fixed = elementsOf(rulesXml(CEILING));
  let last: Elements | undefined;
  let rules = initial;
  const imagined = new WeakMap<Identity, readonly string[]>();
  const external = (identity: Identity) => imagined.get(identity) ?? groupsOf(identity);
  const isStaff = (identity: Identity) => identity.role === 'operator' && external(identity).length > 0;
  const isRecovery = (identity: Identity) => identity === LOCAL_IDENTITY;
  const nacm = createNacm({
    schema,
    running: () => {
      const configuration = running();
      if (configuration !== last) {
        last = configuration;
        rules = configuration.elements.some(isNacm) ? configuration : initial;
      }
      return rules;
    },
    groupsOf: external,
    isRecovery,
  });
  const ceiling = createNacm({
    schema,
    running: () => fixed,
    groupsOf: (identity) => (isStaff(identity) ? ['staff'] : groupsOf(identity)),
  });
  return {
    nacm,
    mayInvoke(identity, module, rpc) {
      const verdict = ceiling.mayInvoke(identity, module, rpc);
      return verdict.permit ? nacm.mayInvoke(identity, module, rpc) : verdict;
    },
    mayReceive(identity, module, notification) {
      const verdict = ceiling.mayReceive(identity, module, notification);
      return verdict.permit ? nacm.mayReceive(identity, module, notification) : verdict;
    },
    data(identity) {
      const data = nacm.data(identity);
      return isStaff(identity) ? data : new Beneath(ceiling.data(identity), data);
    },
    mayKnow: (identity) => identity.role === 'operator' && nacm.mayKnow!(identity),
    somebodyWith(groups) {
      const role = groups.find((group) => group === 'host' || group === 'enrol') ?? 'operator';
      const identity = { user: '', role };
      imagined.set(identity, groups);
      return identity;
    },
    refused: (access) => nacm.refused!(access),
    explain(identity, question) {
      const beneath = ceiling.explain(identity, question);
      if (!beneath.ok) return beneath;
      if (!beneath.value.permit) return ok({ ...beneath.value, groups: nacm.groupsOf(identity), fixed: true });
      const above = nacm.explain(identity, question);
      return above.ok ? ok({ ...above.value, fixed: false }) : above;
    },
  };
}

/** What both permit. */
class Beneath implements DataAccess {
  readonly #ceiling: DataAccess;
  readonly #data: DataAccess;

  constructor(ceiling: DataAccess, data: DataAccess) {
    this.#ceiling = ceiling;
    this.#data = data;
  }

  verdict(operation: Parameters<DataAccess['verdict']>[0]): Verdict {
    const verdict = this.#ceiling.verdict(operation);
    return verdict.permit ? this.#data.verdict(operation) : verdict;
  }

  throughout(operation: Parameters<DataAccess['throughout']>[0]): Verdict | undefined {
    const verdict = this.#ceiling.throughout(operation);
    return verdict?.permit ? this.#data.throughout(operation) : verdict;
  }

  child(...[node, element]: Parameters<DataAccess['child']>): DataAccess {
    return new Beneath(this.#ceiling.child(node, element), this.#data.child(node, element));
  }
}

/**
 * Gives the initial rules to the configuration of a store that is older than they are, as a commit with its number and its
 * row in the audit trail. Does nothing where there are rules.
 */
export async function adoptRules(running: Datastore, log: Log): Promise<Result<undefined, readonly RpcError[]>> {
  if (running.read().elements.some(isNacm)) return ok();
  const committed = await running.commit(({ xml }) => ok(`${xml}${INITIAL_RULES}`));
  if (!committed.ok) return failed(committed.failure);
  log.info({}, 'the configuration had no access rules (/nacm) and has the initial ones now');
  return ok();
}

const isNacm = ({ name, namespace }: { readonly name: string; readonly namespace: string }) =>
  name === 'nacm' && namespace === NACM_NAMESPACE;

const elementsOf = (xml: string): Elements => ({
  elements: childElements(unwrap(readXml(`<config>${xml}</config>`, CLIENT_LIMITS))),
});
