import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, ManualClock, milliseconds, ok, type Result, seconds, silentLog, unwrap } from '@sublane/basics';
import type { ApplicationGroup, SubscriberServiceMessageInput } from '@sublane/yang';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAgentConfig } from '../config/agent-config.ts';
import { acceptReply, type ReplyHost } from './accept-reply.ts';
import { type HeldLane, StateFile } from './agent-state.ts';
import type { HeadendLink, LinkFailure, LinkState, Refusal } from './headend-link.ts';
import { homeView } from './host-view.fixture.ts';
import type { HostFailure, LaneHost } from './lane-host.ts';
import { ServiceAgent, type ServiceAgentParts } from './service-agent.ts';

const CONFIG = `
host-id: laptop-7f
headends: [ { address: 192.0.2.1 } ]
groups:
  - { id: 1, name: calls, upld: { bandwidth: 2000, priority: H }, dnld: { bandwidth: 4000, priority: H } }
  - { id: 2, name: bulk, upld: { bandwidth: 5000, priority: L } }
`;

/** A headend of one host: grants what it does not refuse, remembers what it granted. */
class ScriptedHeadend implements HeadendLink {
  readonly held = new Map<number, ApplicationGroup>();
  readonly refuse = new Map<number, Refusal>();
  readonly reports: string[] = [];
  readonly renewed: number[][] = [];
  /** Answers every rpc with this instead. */
  trouble: LinkFailure | undefined;
  hearsReports = true;
  /** Of renewals, where they are not those granted. */
  readonly leaseIds = new Map<number, string>();
  readonly asked: number[][] = [];
  connected = true;
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
    return { headend: '192.0.2.1:830', connected: this.connected };
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
      for (const id of ids) this.held.set(id, groupOf(id, entries.find((entry) => entry.id === id)?.bandwidth ?? 0));
      return ok({ groups: ids.map((id) => this.held.get(id)!), sentAt: this.#clock.sinceBoot() });
    });
  }
  async service() {
    return this.#answer(() => ok({ groups: [...this.held.values()], sentAt: this.#clock.sinceBoot() }));
  }
  async renew(ids: readonly number[]) {
    this.renewed.push([...ids]);
    return this.#answer(() => {
      const unknown = ids.filter((id) => !this.held.has(id));
      if (unknown.length > 0)
        return failed({ kind: 'refused', refusals: unknown.map((id) => refusal(id, 'lease-unknown')) } as const);
      const renewals = ids.map((groupId) => ({
        groupId,
        leaseId: this.leaseIds.get(groupId) ?? `lease-${groupId}`,
        validLifetime: seconds(100),
        renewAfter: seconds(50),
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
  async report(reports: readonly { groupId: number; state: string }[]) {
    if (!this.hearsReports) return failed({ kind: 'malformed', reason: 'no ear' } as const);
    this.reports.push(...reports.map(({ groupId, state }) => `${groupId} ${state}`));
    return ok();
  }
  async passwordKey() {
    return failed({ kind: 'malformed', reason: 'no key' } as const);
  }
  async keep() {}
  async close() {}

  #answer<T>(answer: () => Result<T, LinkFailure>): Result<T, LinkFailure> {
    if (this.trouble) return failed(this.trouble);
    return this.connected ? answer() : failed({ kind: 'unreachable', headend: '192.0.2.1:830', reason: 'no route' });
  }
}

/** A kernel that holds what it is told, or refuses. */
class ScriptedHost implements LaneHost {
  standing: readonly HeldLane[] = [];
  refuses: HostFailure | undefined;
  /** Groups whose lanes it cannot make. */
  readonly unable = new Set<number>();
  applied = 0;
  async apply(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>> {
    this.applied++;
    if (this.refuses) return failed(this.refuses);
    if (lanes.some(({ groupId }) => this.unable.has(groupId)))
      return failed({ kind: 'host', reason: 'no such device' });
    this.standing = lanes;
    return ok();
  }
  async plan() {
    return ok([]);
  }
  async look() {
    return ok(homeView());
  }
  watch() {
    return { close: () => {} };
  }
  async traffic() {
    return new Map();
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

const refusal = (groupId: number, code: string): Refusal => ({
  tag: 'access-denied',
  code,
  message: `no: ${code}`,
  groupId,
});

function groupOf(id: number, bandwidth: number): ApplicationGroup {
  return {
    id,
    'access-interface-cfg': {
      interface: `sl${id}`,
      type: 'iana-if-type:propVirtual',
      ipv4: { address: [{ ip: `198.51.100.${id}`, 'prefix-length': 32 }] },
    },
    'qos-cfg': { dscp: 46, upld: { rate: bandwidth, priority: 'H' } },
    lease: { id: `lease-${id}`, 'valid-lifetime': 100, 'renew-after': 50 },
  };
}

/** The host that replies are judged for. */
const HOST: ReplyHost = {
  addresses: [{ address: '192.0.2.2', link: 'eth0' }],
  networks: [],
  gateways: [],
  direct: [],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'service-agent-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function setUp(text = CONFIG, clock = new ManualClock(), headend = new ScriptedHeadend(clock)) {
  const host = new ScriptedHost();
  const config = unwrap(parseAgentConfig(text, 'agent.yaml', folder));
  const open = (more: Partial<ServiceAgentParts> = {}) =>
    unwrap(
      ServiceAgent.open({
        config,
        link: headend,
        host,
        stateFile: new StateFile(join(folder, 'state.json')),
        clock,
        log: silentLog,
        userPassword: async () => ok(undefined),
        identity: () => ({}),
        judge: (groups, standing) => acceptReply({ groups, standing, rules: config.accept, host: HOST }),
        ...more,
      }),
    );
  return { clock, headend, host, config, open, agent: open() };
}

const states = async (agent: ServiceAgent) => (await agent.status()).groups.map(({ state }) => state);

test('a tick asks for every group of the configuration, applies and reports', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  expect(headend.asked).toEqual([[1, 2]]);
  expect(host.ids()).toEqual([1, 2]);
  expect(headend.reports).toEqual(['1 applied', '2 applied']);
  await agent.tick();
  expect(headend.asked).toHaveLength(1);
});

test('a refused group does not keep the others from their lanes, and is asked for again later', async () => {
  const { agent, headend, host, clock } = setUp();
  headend.refuse.set(2, refusal(2, 'pool-empty'));
  await agent.tick();
  expect(headend.asked).toEqual([[1, 2], [1]]);
  expect(host.ids()).toEqual([1]);
  expect((await agent.status()).groups[1]).toMatchObject({
    state: 'refused',
    code: 'pool-empty',
    reason: 'no: pool-empty',
  });
  headend.refuse.clear();
  await agent.tick();
  expect(headend.asked).toHaveLength(2);
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect(host.ids()).toEqual([1, 2]);
});

test('retry-after is obeyed', async () => {
  const { agent, headend, clock } = setUp();
  headend.refuse.set(2, { ...refusal(2, 'pool-empty'), retryAfter: seconds(40) });
  await agent.tick();
  await clock.advance(milliseconds(39_000));
  await agent.tick();
  expect(headend.asked).toHaveLength(2);
  await clock.advance(milliseconds(1_000));
  await agent.tick();
  expect(headend.asked).toHaveLength(3);
});

test('leases are renewed when due, and count from the renewal', async () => {
  const { agent, clock } = setUp();
  await agent.tick();
  expect(agent.nextDue()).toBe(clock.sinceBoot() + 50_000);
  await clock.advance(milliseconds(50_000));
  await agent.tick();
  expect((await agent.status()).groups[0]?.lease?.left).toBe(100);
});

test('with the headend gone the lanes live until the lease ends, and no longer', async () => {
  const { agent, headend, host, clock } = setUp();
  await agent.tick();
  headend.connect(false);
  await clock.advance(milliseconds(99_000));
  await agent.tick();
  expect(host.ids()).toEqual([1, 2]);
  expect(agent.nextDue()).toBe(clock.sinceBoot() + 1_000);
  await clock.advance(milliseconds(1_000));
  await agent.tick();
  expect(host.ids()).toEqual([]);
});

test('what the headend withdrew meanwhile goes after the reconnection, and is asked for again', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  headend.connect(false);
  headend.held.delete(2);
  headend.refuse.set(2, refusal(2, 'plan-forbids'));
  headend.connect(true);
  await agent.tick();
  expect(host.ids()).toEqual([1]);
  expect(await states(agent)).toEqual(['active', 'refused']);
});

test('a lease the headend no longer knows is asked for anew', async () => {
  const { agent, headend, host, clock } = setUp();
  await agent.tick();
  headend.held.delete(1);
  await clock.advance(milliseconds(50_000));
  await agent.tick();
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect(headend.held.has(1)).toBe(true);
  expect(host.ids()).toEqual([1, 2]);
});

test('a released group stays away, also after a restart, until it is requested again', async () => {
  const { agent, headend, host, open } = setUp();
  await agent.tick();
  expect((await agent.release(unwrap(agent.groups(['calls'])))).ok).toBe(true);
  expect([host.ids(), [...headend.held.keys()]]).toEqual([[2], [2]]);
  const next = open();
  await next.restore();
  await next.tick();
  expect(await states(next)).toEqual(['released', 'active']);
  await next.request(unwrap(next.groups(['1'])));
  expect(host.ids()).toEqual([1, 2]);
});

test('a release while the headend is away is told to it at the next connection', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  headend.connect(false);
  expect(await agent.release(unwrap(agent.groups(['calls'])))).toMatchObject({
    ok: false,
    failure: { kind: 'unreachable' },
  });
  expect(host.ids()).toEqual([2]);
  headend.connect(true);
  await agent.tick();
  expect([...headend.held.keys()]).toEqual([2]);
});

test('a restart puts the lanes back without a word from the headend', async () => {
  const { agent, headend, host, open } = setUp();
  await agent.tick();
  headend.connect(false);
  host.standing = [];
  const next = open();
  await next.restore();
  expect(host.ids()).toEqual([1, 2]);
});

test('a changed wish is asked for again, under the same lease', async () => {
  const { agent, headend, clock } = setUp();
  await agent.tick();
  const { agent: next } = setUp(CONFIG.replace('2000', '3000'), clock, headend);
  await next.tick();
  expect(headend.asked).toEqual([[1, 2], [1]]);
});

test('a lane that cannot be made keeps no other from being made, renewed or released', async () => {
  const { agent, headend, host, clock } = setUp();
  host.unable.add(2);
  await agent.tick();
  expect(host.ids()).toEqual([1]);
  expect(headend.reports).toEqual(['1 applied', '2 failed']);
  expect(await states(agent)).toEqual(['active', 'failed']);
  await clock.advance(milliseconds(50_000));
  await agent.tick();
  expect(host.standing[0]?.sentAt).toBe(clock.sinceBoot());
  expect((await agent.release(unwrap(agent.groups(['calls'])))).ok).toBe(true);
  expect([host.ids(), [...headend.held.keys()]]).toEqual([[], [2]]);
});

test('a lane of the host is made at last, and that is reported', async () => {
  const { agent, headend, host, clock } = setUp();
  host.unable.add(2);
  await agent.tick();
  host.unable.clear();
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect(headend.reports).toEqual(['1 applied', '2 failed', '2 applied']);
  expect(headend.asked).toHaveLength(1);
  expect(host.ids()).toEqual([1, 2]);
});

test('an address is given back only once its lane is off the host', async () => {
  const { agent, headend, host, clock } = setUp();
  await agent.tick();
  host.refuses = { kind: 'host', reason: 'busy', everyLane: true };
  expect(await agent.release(unwrap(agent.groups(['calls'])))).toMatchObject({
    ok: false,
    failure: { reason: 'busy' },
  });
  await agent.tick();
  expect([...headend.held.keys()]).toEqual([1, 2]);
  host.refuses = undefined;
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect([host.ids(), [...headend.held.keys()]]).toEqual([[2], [2]]);
});

test('the host is put right every minute, whoever changed it', async () => {
  const { agent, host, clock } = setUp();
  await agent.tick();
  host.standing = [];
  await clock.advance(milliseconds(60_000));
  await agent.tick();
  expect(host.ids()).toEqual([1, 2]);
});

test.each<[string, LinkFailure]>([
  ['no answer', { kind: 'unreachable', headend: 'h', reason: 'timeout' }],
  ['a useless answer', { kind: 'malformed', reason: 'no XML' }],
])('a renewal with %s is tried again after a pause, not at once', async (_, trouble) => {
  const { agent, headend, clock } = setUp();
  await agent.tick();
  await clock.advance(milliseconds(50_000));
  headend.trouble = trouble;
  await agent.tick();
  expect(agent.nextDue()).toBe(clock.sinceBoot() + 5_000);
  await agent.tick();
  expect(headend.renewed).toHaveLength(1);
  headend.trouble = undefined;
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect(headend.renewed).toHaveLength(2);
  expect((await agent.status()).groups[0]?.lease?.left).toBe(100);
});

test('a renewal of another lease than the one held asks what is held', async () => {
  const { agent, headend, clock } = setUp();
  await agent.tick();
  const lease = { id: 'lease-1-anew', 'valid-lifetime': 80, 'renew-after': 40 };
  headend.held.set(1, { ...headend.held.get(1)!, lease });
  headend.leaseIds.set(1, lease.id);
  await clock.advance(milliseconds(50_000));
  await agent.tick();
  await agent.tick();
  expect((await agent.status()).groups[0]?.lease).toEqual({ id: 'lease-1-anew', left: 80 });
});

test('a wish that stays refused does not keep the lease from being renewed', async () => {
  const { agent, clock, headend } = setUp();
  await agent.tick();
  const { agent: next, host } = setUp(CONFIG.replace('2000', '9000'), clock, headend);
  headend.refuse.set(1, refusal(1, 'over-ceiling'));
  for (let second = 0; second < 400; second += 5) {
    await next.tick();
    await clock.advance(milliseconds(5_000));
  }
  expect(host.ids()).toEqual([1, 2]);
  expect((await next.status()).groups[0]).toMatchObject({ state: 'active', code: 'over-ceiling' });
});

test('lifetimes count from when the request was sent', async () => {
  const { headend, host, clock, open } = setUp();
  const { request } = headend;
  headend.request = async (message) => {
    const answer = await request.call(headend, message);
    await clock.advance(milliseconds(7_000)); // on its way back
    return answer;
  };
  const agent = open();
  await agent.tick();
  expect(host.standing.map(({ sentAt }) => clock.sinceBoot() - sentAt)).toEqual([7_000, 7_000]);
  expect((await agent.status()).groups[0]?.lease?.left).toBe(93);
});

test('nothing is asked for twice at once', async () => {
  const { agent, headend } = setUp();
  await Promise.all([agent.tick(), agent.tick(), agent.request(unwrap(agent.groups([]))), agent.tick()]);
  expect(headend.asked).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('a report that nobody hears changes nothing', async () => {
  const { agent, headend } = setUp();
  headend.hearsReports = false;
  await agent.tick();
  expect(await states(agent)).toEqual(['active', 'active']);
});

test('a password that cannot be sent is shown, and tried again after a pause', async () => {
  const { headend, clock, open } = setUp();
  let asked = 0;
  const agent = open({
    async userPassword() {
      asked++;
      return failed({ kind: 'password', reason: 'no file' } as const);
    },
  });
  await agent.tick();
  await agent.tick();
  expect([asked, headend.asked]).toEqual([1, []]);
  expect((await agent.status()).groups[0]).toMatchObject({
    state: 'waiting',
    reason: expect.stringContaining('no file'),
    retryIn: 5,
  });
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect(asked).toBe(2);
});

test('asked without a daemon, a lane that the headend withdrew meanwhile does not go on', async () => {
  const { agent, headend, host, open } = setUp();
  await agent.tick();
  headend.held.clear();
  headend.refuse.set(1, refusal(1, 'over-ceiling'));
  const once = open();
  expect(await once.request(unwrap(once.groups([])))).toMatchObject({ ok: true, value: [{ groupId: 1 }] });
  expect(host.ids()).toEqual([2]);
  expect(await states(once)).toEqual(['refused', 'active']);
});

test('where all is refused, the host is not touched', async () => {
  const { agent, headend, host } = setUp();
  for (const id of [1, 2]) headend.refuse.set(id, refusal(id, 'no-rule'));
  await agent.request(unwrap(agent.groups([])));
  await agent.tick();
  expect(host.applied).toBe(0);
});

test('what the host cannot apply is reported, shown and tried again', async () => {
  const { agent, headend, host, clock } = setUp();
  host.refuses = { kind: 'host', reason: 'no such device' };
  await agent.tick();
  expect(headend.reports).toEqual(['1 failed', '2 failed']);
  expect((await agent.status()).groups[0]).toMatchObject({ state: 'failed', reason: 'no such device' });
  host.refuses = undefined;
  await clock.advance(milliseconds(5_000));
  await agent.tick();
  expect(await states(agent)).toEqual(['active', 'active']);
});

test('a group the configuration does not have is named with those it has', () => {
  const { agent } = setUp();
  expect(agent.groups(['films'])).toEqual({
    ok: false,
    failure: { kind: 'unknown-group', group: 'films', known: ['calls', 'bulk'] },
  });
});
