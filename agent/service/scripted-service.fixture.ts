import { join } from 'node:path';
import { failed, ManualClock, ok, type Result, seconds, silentLog, unwrap } from '@sublane/basics';
import type { ApplicationGroup, SubscriberServiceMessageInput } from '@sublane/yang';
import { parseAgentConfig } from '../config/agent-config.ts';
import { acceptReply, type ReplyHost } from './accept-reply.ts';
import { type HeldLane, StateFile } from './agent-state.ts';
import { readServices } from './available-services.ts';
import type { GroupReport, HeadendLink, LinkFailure, LinkState, Refusal } from './headend-link.ts';
import { homeView } from './host-view.fixture.ts';
import type { HostFailure, LaneHost, LaneTraffic } from './lane-host.ts';
import { addressesOf } from './lane-wish-of.ts';
import { NetworkFile } from './network-file.ts';
import { ServiceAgent, type ServiceAgentParts } from './service-agent.ts';

export const CONFIG = `
host-id: laptop-7f
headends: [ { address: 192.0.2.1 } ]
groups:
  - { id: 1, name: calls, upld: { bandwidth: 2000, priority: H }, dnld: { bandwidth: 4000, priority: H } }
  - { id: 2, name: bulk, upld: { bandwidth: 5000, priority: L } }
`;

/** A headend of one host: grants what it does not refuse, remembers what it granted. */
export class ScriptedHeadend implements HeadendLink {
  readonly held = new Map<number, ApplicationGroup>();
  readonly refuse = new Map<number, Refusal>();
  readonly reports: string[] = [];
  /** What it grants instead. */
  readonly grant = new Map<number, (group: ApplicationGroup) => ApplicationGroup>();
  /** Reported addresses that it gives to nobody any more. */
  readonly quarantined: string[] = [];
  readonly renewed: number[][] = [];
  /** Answers every rpc with this instead. */
  trouble: LinkFailure | undefined;
  hearsReports = true;
  /** What a renewal gives. */
  renewals = { validLifetime: seconds(100), renewAfter: seconds(50) };
  /** Groups whose leases are to be requested again; what was granted since is not. */
  readonly recalled = new Set<number>();
  /** It goes on asking for requests, whatever it has granted. */
  neverContent = false;
  /** What was reported of traffic: group, bytes to the host and from it. */
  readonly octets: string[] = [];
  /** Of renewals, where they are not those granted. */
  readonly leaseIds = new Map<number, string>();
  readonly asked: number[][] = [];
  /** How often it was asked what is held. */
  served = 0;
  /** Sessions given up. */
  reopened = 0;
  connected = true;
  /** It has closed the session with these words, and lets this host in no more. */
  revoked = false;
  #listeners: (() => void)[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }
  connect(connected: boolean): void {
    this.connected = connected;
    for (const listener of this.#listeners) listener();
  }
  state(): LinkState {
    return { headend: '192.0.2.1:830', connected: this.connected, ...(this.revoked && { revoked: true }) };
  }
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
  async request(message: SubscriberServiceMessageInput) {
    const entries = message['application-group'];
    const ids = [...new Set(entries.map(({ id }) => id))];
    this.asked.push(ids);
    return this.#answer(() => {
      const refusals = ids.flatMap((id) => this.refuse.get(id) ?? []);
      if (refusals.length > 0) return failed({ kind: 'refused', refusals } as const);
      if (!this.neverContent) for (const id of ids) this.recalled.delete(id);
      for (const id of ids)
        this.held.set(id, this.#granted(id, entries.find((entry) => entry.id === id)?.bandwidth ?? 0));
      return ok({ groups: ids.map((id) => this.held.get(id)!), sentAt: this.#clock.sinceBoot() });
    });
  }
  async service() {
    this.served++;
    const told = (group: ApplicationGroup) =>
      this.recalled.has(group.id) ? { ...group, lease: { ...group.lease, 'renew-after': 0 } } : group;
    return this.#answer(() => ok({ groups: [...this.held.values()].map(told), sentAt: this.#clock.sinceBoot() }));
  }
  async services() {
    return this.#answer(() => ok(readServices('laptop-7f', { 'groups-max': 2 })));
  }
  async renew(ids: readonly number[]) {
    this.renewed.push([...ids]);
    return this.#answer(() => {
      const again = ids.filter((id) => this.recalled.has(id));
      if (again.length > 0)
        return failed({ kind: 'refused', refusals: again.map((id) => refusal(id, 'request-again')) } as const);
      const unknown = ids.filter((id) => !this.held.has(id));
      if (unknown.length > 0)
        return failed({ kind: 'refused', refusals: unknown.map((id) => refusal(id, 'lease-unknown')) } as const);
      const renewals = ids.map((groupId) => ({
        groupId,
        leaseId: this.leaseIds.get(groupId) ?? `lease-${groupId}`,
        ...this.renewals,
      }));
      return ok({ renewals, sentAt: this.#clock.sinceBoot() });
    });
  }
  async release(ids: readonly number[]) {
    return this.#answer(() => {
      for (const id of ids) this.held.delete(id);
      return ok();
    });
  }
  async report(reports: readonly GroupReport[]) {
    if (!this.hearsReports) return failed({ kind: 'malformed', reason: 'no ear' } as const);
    this.reports.push(...reports.map(({ groupId, state }) => `${groupId} ${state}`));
    this.octets.push(
      ...reports.flatMap(({ groupId, octets }) => (octets ? `${groupId} ${octets.in}/${octets.out}` : [])),
    );
    for (const { groupId, conflict } of reports) {
      if (conflict === undefined) continue;
      this.quarantined.push(...conflict);
      this.held.delete(groupId);
    }
    return ok();
  }
  async passwordKey() {
    return failed({ kind: 'malformed', reason: 'no key' } as const);
  }
  async keep() {}
  reopen(): void {
    this.reopened++;
    for (const listener of this.#listeners) listener();
  }
  async close() {}

  /** Another address for each that was in conflict. */
  #granted(id: number, bandwidth: number): ApplicationGroup {
    const group = groupOf(id, bandwidth, this.quarantined.length);
    return this.grant.get(id)?.(group) ?? group;
  }

  #answer<T>(answer: () => Result<T, LinkFailure>): Result<T, LinkFailure> {
    if (this.trouble) return failed(this.trouble);
    return this.connected ? answer() : failed({ kind: 'unreachable', headend: '192.0.2.1:830', reason: 'no route' });
  }
}

/** A kernel that holds what it is told, or refuses. */
export class ScriptedHost implements LaneHost {
  standing: readonly HeldLane[] = [];
  refuses: HostFailure | undefined;
  /** Groups whose lanes it cannot make. */
  readonly unable = new Set<number>();
  /** Addresses that somebody else on the segment has. */
  readonly taken = new Set<string>();
  applied = 0;
  /** Where it is, and what others did to it. */
  view = homeView();
  async apply(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>> {
    this.applied++;
    if (this.refuses) return failed(this.refuses);
    if (lanes.some(({ groupId }) => this.unable.has(groupId)))
      return failed({ kind: 'host', reason: 'no such device' });
    for (const { groupId, answer } of lanes) {
      const conflict = addressesOf(answer).flatMap(({ address }) => (this.taken.has(address) ? [address] : []));
      if (conflict.length > 0) return failed({ kind: 'host', reason: 'somebody else has it', groupId, conflict });
    }
    this.standing = lanes;
    this.view = { ...this.view, drift: [], stale: false };
    return ok();
  }
  async plan() {
    return ok([]);
  }
  async look() {
    return ok(this.view);
  }
  watch() {
    return { close: () => {} };
  }
  /** What its counters say of each group. */
  readonly counters = new Map<number, LaneTraffic>();
  async traffic() {
    return this.counters;
  }
  async means() {
    return { lanes: new Map(), notes: [] };
  }
  async undo() {
    this.standing = [];
    return ok();
  }
  ids(): number[] {
    return this.standing.map(({ groupId }) => groupId).sort();
  }
}

export const refusal = (groupId: number, code: string): Refusal => ({
  tag: 'access-denied',
  code,
  message: `no: ${code}`,
  groupId,
});

export function groupOf(id: number, bandwidth: number, generation = 0): ApplicationGroup {
  return {
    id,
    'access-interface-cfg': {
      interface: `sl${id}`,
      type: 'iana-if-type:propVirtual',
      ipv4: { address: [{ ip: `198.51.100.${id + 10 * generation}`, 'prefix-length': 32 }] },
    },
    'qos-cfg': { dscp: 46, upld: { rate: bandwidth, priority: 'H' } },
    lease: { id: `lease-${id}${'-new'.repeat(generation)}`, 'valid-lifetime': 100, 'renew-after': 50 },
  };
}

/** The host that replies are judged for. */
const HOST: ReplyHost = {
  addresses: [{ address: '192.0.2.2', link: 'eth0' }],
  networks: [],
  gateways: [],
  resolvers: [],
  direct: [],
};

/** A service agent with a scripted headend and a scripted kernel, its state in `folder`. */
export function setUpService(
  folder: string,
  text = CONFIG,
  clock = new ManualClock(),
  headend = new ScriptedHeadend(clock),
) {
  const host = new ScriptedHost();
  const config = unwrap(parseAgentConfig(text, 'agent.yaml', folder));
  const open = (more: Partial<ServiceAgentParts> = {}) =>
    unwrap(
      ServiceAgent.open({
        config,
        link: headend,
        host,
        stateFile: new StateFile(join(folder, 'state.json')),
        network: new NetworkFile(join(folder, 'network.json')),
        clock,
        log: silentLog,
        userPassword: async () => ok(undefined),
        identity: () => ({}),
        judge: (question) => acceptReply({ ...question, rules: config.accept, host: HOST }),
        ...more,
      }),
    );
  return { clock, headend, host, config, open, agent: open() };
}
