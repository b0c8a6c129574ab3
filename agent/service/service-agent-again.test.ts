import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, type ManualClock, milliseconds, seconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Refusal } from './headend-link.ts';
import { groupOf, refusal, type ScriptedHeadend, type ScriptedHost, setUpService } from './scripted-service.fixture.ts';
import type { ServiceAgent } from './service-agent.ts';

let folder: string;
let agent: ServiceAgent;
let headend: ScriptedHeadend;
let host: ScriptedHost;
let clock: ManualClock;
let open: ReturnType<typeof setUpService>['open'];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'service-agent-'));
  ({ agent, headend, host, clock, open } = setUpService(folder));
  await agent.tick();
});
afterEach(() => rmSync(folder, { recursive: true }));

const pass = async (time: number) => {
  await clock.advance(milliseconds(time * 1000));
  await agent.tick();
};
/** The headend has changed its mind, and ends the session for the host to hear of it. */
const recall = async (...groups: number[]) => {
  for (const group of groups) headend.recalled.add(group);
  headend.connect(false);
  headend.connect(true);
  await agent.tick();
};
const ofGroup = async (id: number) => (await agent.status()).groups.find((group) => group.id === id)!;

describe('a lease that the headend wants requested again', () => {
  test('is, in the tick that heard so; the others are renewed', async () => {
    headend.recalled.add(1);
    await pass(50);
    expect(headend.renewed).toEqual([[1, 2], [2]]);
    expect(headend.asked).toEqual([[1, 2], [1]]);
    expect(await ofGroup(1)).toMatchObject({ state: 'active', lease: { left: 100 } });
    expect(await ofGroup(1)).not.toHaveProperty('reason');
    expect(await ofGroup(2)).toMatchObject({ state: 'active', lease: { left: 100 } });
  });

  test('is at once after a reconnection that says so', async () => {
    headend.grant.set(1, (group) => ({ ...group, 'qos-cfg': { dscp: 8 } }));
    await recall(1);
    expect(headend.asked).toEqual([[1, 2], [1]]);
    expect(host.standing.map(({ answer }) => answer['qos-cfg'].dscp).sort()).toEqual([46, 8]);
    await agent.tick();
    expect([headend.asked.length, headend.renewed]).toEqual([2, [[1]]]);
  });

  test('keeps its lane until the new one stands: no moment without', async () => {
    const stood: number[][] = [];
    const { apply } = host;
    host.apply = (lanes) => {
      stood.push(lanes.map(({ groupId }) => groupId).sort());
      return apply.call(host, lanes);
    };
    await recall(1, 2);
    expect(stood.length).toBeGreaterThan(0);
    expect(stood.every((groups) => groups.join() === '1,2')).toBe(true);
  });

  test('refused, its lane stands to the end of the lease, and is asked for again in its time, not renewed', async () => {
    headend.refuse.set(1, { ...refusal(1, 'rule-refuses'), retryAfter: seconds(30) });
    await recall(1);
    expect(host.ids()).toEqual([1, 2]);
    expect(await ofGroup(1)).toMatchObject({ state: 'active', code: 'rule-refuses', lease: { left: 100 } });
    await pass(29);
    expect(headend.asked).toHaveLength(2);
    await pass(1);
    expect(headend.asked).toHaveLength(3);
    expect(headend.renewed).toEqual([[1]]);
    await pass(30);
    headend.held.delete(1);
    await pass(40);
    expect(host.ids()).toEqual([2]);
  });

  test('leaves the daemon nothing to do meanwhile', async () => {
    headend.refuse.set(1, refusal(1, 'rule-refuses'));
    await recall(1);
    // Again, and sooner than it is asked: the pause after the first is not over.
    headend.connect(false);
    headend.connect(true);
    await agent.tick();
    for (let second = 0; second < 40; second++) {
      expect(agent.nextDue()).toBeGreaterThan(clock.sinceBoot());
      await pass(1);
    }
    headend.trouble = { kind: 'malformed', reason: 'nonsense' };
    await recall(2);
    expect(agent.nextDue()).toBe(clock.sinceBoot() + 5_000);
  });

  test('over and over again makes no loop: the pauses grow, and the lane never ends', async () => {
    headend.neverContent = true;
    headend.grant.set(1, (group) => ({ ...group, lease: { ...group.lease, 'renew-after': 0 } }));
    await recall(1);
    const requests: number[] = [];
    for (let second = 0; second < 600; second++) {
      const before = headend.asked.length;
      await pass(1);
      if (headend.asked.length > before) requests.push(second);
      expect(host.ids()).toContain(1);
    }
    // The first after 5 s, each after twice as long, then as often as the lease (100 s) needs it.
    const pauses = requests.map((second, at) => second - (requests[at - 1] ?? -1));
    expect(pauses.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(Math.min(...pauses.slice(4))).toBeGreaterThanOrEqual(50);
  });

  test('renewed by command is requested by it', async () => {
    headend.recalled.add(2);
    expect(unwrap(await agent.renew(unwrap(agent.groups(['bulk']))))).toEqual([]);
    expect(headend.asked).toEqual([[1, 2], [2]]);
    headend.recalled.add(2);
    headend.refuse.set(2, refusal(2, 'quota-exceeded'));
    expect(unwrap(await agent.renew(unwrap(agent.groups(['bulk']))))).toMatchObject([{ code: 'quota-exceeded' }]);
  });
});

test('what was refused for long is asked for again soon after a reconnection, whatever the time it was given', async () => {
  headend.refuse.set(1, { ...refusal(1, 'quota-exceeded'), retryAfter: seconds(1_000_000) });
  headend.held.delete(1);
  headend.connect(true);
  await agent.tick();
  await pass(60);
  const asked = headend.asked.length;
  headend.refuse.clear();
  headend.connect(false);
  headend.connect(true);
  await agent.tick();
  expect(headend.asked).toHaveLength(asked);
  await pass(5);
  expect(host.ids()).toEqual([1, 2]);
});

describe('what lanes carry', () => {
  const carried = (group: number, dnld: number, upld: number) =>
    host.counters.set(group, { dnld: bytes(dnld), upld: bytes(upld), dropped: 0 });
  /** Renewals do not come in between. */
  const reports = async (time: number) => {
    headend.octets.length = 0;
    for (let left = time; left > 0; left -= 20) await pass(Math.min(left, 20));
    return headend.octets;
  };

  test('is told at every renewal, where it has changed', async () => {
    carried(1, 700, 50);
    carried(2, 0, 0);
    await pass(50);
    expect(headend.octets).toEqual(['1 700/50']);
    await pass(50);
    expect(headend.octets).toHaveLength(1);
    carried(2, 1, 0);
    await pass(50);
    expect(headend.octets).toEqual(['1 700/50', '2 1/0']);
  });

  test('is told every five minutes between renewals; nothing is sent where nothing has changed', async () => {
    headend.renewals = { validLifetime: seconds(10_000), renewAfter: seconds(9_000) };
    await pass(50);
    const { length } = headend.reports;
    carried(1, 10, 20);
    carried(2, 30, 40);
    expect(await reports(280)).toEqual([]);
    expect(await reports(20)).toEqual(['1 10/20', '2 30/40']);
    expect(headend.reports).toHaveLength(length + 2);
    expect(await reports(600)).toEqual([]);
    expect(headend.reports).toHaveLength(length + 2);
    carried(1, 11, 20);
    expect(await reports(300)).toEqual(['1 11/20']);
  });

  test('unheard, is told the next time', async () => {
    carried(1, 700, 50);
    headend.hearsReports = false;
    await pass(50);
    headend.hearsReports = true;
    await pass(50);
    expect(headend.octets).toEqual(['1 700/50']);
  });

  test('is told before a lane is released', async () => {
    carried(1, 700, 50);
    unwrap(await agent.release(unwrap(agent.groups(['calls']))));
    expect(headend.octets).toEqual(['1 700/50']);
  });

  test('goes on through a change of the lane and a restart of the agent', async () => {
    carried(1, 700, 50);
    await recall(1);
    agent = open();
    unwrap(await agent.restore());
    await agent.tick();
    carried(1, 900, 60);
    await pass(50);
    expect(headend.octets.at(-1)).toBe('1 900/60');
  });

  test('begins anew with a new lease, also after a restart', async () => {
    carried(1, 700, 50);
    headend.grant.set(1, () => ({ ...groupOf(1, 2000), lease: { ...groupOf(1, 2000).lease, id: 'lease-1-anew' } }));
    headend.leaseIds.set(1, 'lease-1-anew');
    await recall(1);
    carried(1, 710, 51);
    await pass(50);
    expect(headend.octets.at(-1)).toBe('1 10/1');
    agent = open();
    unwrap(await agent.restore());
    await agent.tick();
    carried(1, 720, 52);
    await pass(50);
    expect(headend.octets.at(-1)).toBe('1 20/2');
    // The lane was away, and its counters with it.
    carried(1, 5, 3);
    await pass(50);
    expect(headend.octets.at(-1)).toBe('1 5/3');
    carried(1, 800, 60);
    await pass(50);
    expect(headend.octets.at(-1)).toBe('1 800/60');
  });
});

describe('a host that asked too often', () => {
  const wait = (time: number): Refusal => ({
    tag: 'resource-denied',
    code: 'too-many-requests',
    message: 'too often',
    retryAfter: seconds(time),
  });
  const told = (time: number) => {
    headend.trouble = { kind: 'refused', refusals: [wait(time)] };
  };

  test('keeps its lanes, and renews them when it was told to', async () => {
    told(20);
    await pass(50);
    expect(headend.renewed).toEqual([[1, 2]]);
    expect(host.ids()).toEqual([1, 2]);
    expect(await ofGroup(1)).toMatchObject({ state: 'active', code: 'too-many-requests', retryIn: 20 });
    headend.trouble = undefined;
    await pass(19);
    expect(headend.renewed).toHaveLength(1);
    await pass(1);
    expect(headend.renewed).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(await ofGroup(1)).toMatchObject({ state: 'active', lease: { left: 100 } });
  });

  test('keeps its lanes where it is not told what it holds, and asks again after a pause', async () => {
    told(3);
    await recall();
    expect(host.ids()).toEqual([1, 2]);
    expect(agent.nextDue()).toBe(clock.sinceBoot() + 5_000);
    headend.trouble = undefined;
    await pass(5);
    await pass(50);
    expect(host.ids()).toEqual([1, 2]);
    expect(await ofGroup(2)).toMatchObject({ state: 'active', lease: { left: 100 } });
  });

  test('asks for what it lacks when it was told to, and not before', async () => {
    headend.held.delete(2);
    headend.connect(false);
    headend.connect(true);
    headend.refuse.set(2, wait(40));
    await agent.tick();
    const asked = headend.asked.length;
    await pass(39);
    expect(headend.asked).toHaveLength(asked);
    headend.refuse.clear();
    await pass(1);
    expect(headend.asked).toHaveLength(asked + 1);
    expect(host.ids()).toEqual([1, 2]);
  });
});
