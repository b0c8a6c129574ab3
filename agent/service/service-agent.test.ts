import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, type ManualClock, milliseconds, seconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LinkFailure } from './headend-link.ts';
import { CONFIG, refusal, type ScriptedHeadend, setUpService } from './scripted-service.fixture.ts';
import type { ServiceAgent } from './service-agent.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'service-agent-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const setUp = (text?: string, clock?: ManualClock, headend?: ScriptedHeadend) =>
  setUpService(folder, text, clock, headend);

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

test('a host that the headend says is revoked gives its lanes up at once, and comes back if it is let in again', async () => {
  const { agent, headend, host, open } = setUp();
  await agent.tick();
  headend.revoked = true;
  headend.connect(false);
  await agent.tick();
  expect(host.ids()).toEqual([]);
  // Also for a later start: whoever has the addresses by now is not disturbed.
  await open().restore();
  expect(host.ids()).toEqual([]);
  headend.held.clear();
  headend.revoked = false;
  headend.connect(true);
  await agent.tick();
  expect(host.ids()).toEqual([1, 2]);
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
