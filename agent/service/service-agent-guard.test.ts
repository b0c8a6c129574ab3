import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds, seconds, unwrap } from '@sublane/basics';
import type { ApplicationGroup } from '@sublane/yang';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CONFIG, setUpService } from './scripted-service.fixture.ts';
import type { ServiceAgent } from './service-agent.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'service-agent-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const setUp = (...more: Parameters<typeof setUpService> extends [string, ...infer Rest] ? Rest : never) =>
  setUpService(folder, ...more);
const of = async (agent: ServiceAgent, name: string) =>
  (await agent.status()).groups.find((group) => group.name === name)!;

const access = (group: ApplicationGroup, more: Partial<ApplicationGroup['access-interface-cfg']>) => ({
  ...group,
  'access-interface-cfg': { ...group['access-interface-cfg'], ...more },
});
const hostile = (group: ApplicationGroup) =>
  access(group, { ipv4: { address: [{ ip: '192.0.2.2', 'prefix-length': 32 }] } });

describe('a headend that grants what this host does not accept', () => {
  test('gets no lane of that group, hears why, and the others have theirs', async () => {
    const { agent, headend, host, clock } = setUp();
    headend.grant.set(2, hostile);
    await agent.tick();
    expect(host.ids()).toEqual([1]);
    expect(headend.reports).toEqual(['1 applied', '2 failed']);
    expect(await of(agent, 'calls')).toMatchObject({ state: 'active' });
    expect(await of(agent, 'bulk')).toMatchObject({
      state: 'refused',
      code: 'reply-not-accepted',
      reason: expect.stringContaining('access-interface-cfg/ipv4/address/ip "192.0.2.2" is this host\'s own address'),
    });
    // It is asked again later, and not more often than after any refusal.
    await agent.tick();
    expect(headend.asked).toHaveLength(1);
    headend.grant.clear();
    await clock.advance(milliseconds(5_000));
    await agent.tick();
    expect(host.ids()).toEqual([1, 2]);
    expect(await of(agent, 'bulk')).toMatchObject({ state: 'active' });
  });

  test('is told so by the command that asked', async () => {
    const { agent, headend } = setUp();
    headend.grant.set(1, hostile);
    const refusals = unwrap(await agent.request(unwrap(agent.groups(['calls']))));
    expect(refusals).toMatchObject([{ groupId: 1, tag: 'invalid-value', code: 'reply-not-accepted' }]);
  });

  test('cannot change a lane to it by get-service: the same lease goes on as it was, another one is over', async () => {
    const { agent, headend, host } = setUp();
    await agent.tick();
    const [calls, bulk] = [1, 2].map((id) => headend.held.get(id)!);
    headend.held.set(1, hostile(calls!));
    headend.held.set(2, { ...hostile(bulk!), lease: { ...bulk!.lease, id: 'another' } });
    headend.grant.set(2, hostile);
    headend.connect(true);
    await agent.tick();
    expect(host.ids()).toEqual([1]);
    expect(host.standing[0]!.answer).toEqual(calls);
    expect(await of(agent, 'calls')).toMatchObject({ state: 'active', code: 'reply-not-accepted' });
    expect(await of(agent, 'bulk')).toMatchObject({ state: 'refused' });
  });

  test('is not refused what is left of a lease, however little; nor asked for renewals without end', async () => {
    const { agent, headend, host, clock } = setUp();
    await agent.tick();
    for (const [id, held] of headend.held)
      headend.held.set(id, { ...held, lease: { ...held.lease, 'valid-lifetime': 8, 'renew-after': 0 } });
    // At once, since it says so after a connection; and then no more often than this host likes.
    headend.renewals = { validLifetime: seconds(8), renewAfter: seconds(0) };
    headend.connect(true);
    await agent.tick();
    await agent.tick();
    expect(host.ids()).toEqual([1, 2]);
    expect(await of(agent, 'calls')).toMatchObject({ state: 'active', lease: { left: 8 } });
    expect(headend.renewed).toEqual([[1, 2]]);
    expect(agent.nextDue()).toBe(clock.sinceBoot() + 4_000);
  });

  test('cannot make a lease last for ever by a renewal', async () => {
    const { agent, headend, clock } = setUp();
    await agent.tick();
    headend.renew = async (ids) => ({
      ok: true,
      value: {
        renewals: ids.map((groupId) => ({
          groupId,
          leaseId: `lease-${groupId}`,
          validLifetime: seconds(4_294_967_295),
          renewAfter: seconds(0),
        })),
        sentAt: clock.sinceBoot(),
      },
    });
    await clock.advance(milliseconds(50_000));
    await agent.tick();
    expect(await of(agent, 'calls')).toMatchObject({
      state: 'active',
      code: 'reply-not-accepted',
      reason: expect.stringContaining('lease/valid-lifetime "4294967295" is longer than 2678400 s'),
      lease: { left: 50 },
    });
    expect(agent.nextDue()).toBe(clock.sinceBoot() + 5_000);
  });

  test('what was accepted before is not put back once the rules are tighter', async () => {
    const { agent, headend, host, clock } = setUp();
    await agent.tick();
    headend.connect(false);
    const { agent: next } = setUp(`${CONFIG}accept: { addresses: { within: [ 198.51.100.1/32 ] } }\n`, clock, headend);
    host.standing = [];
    await next.restore();
    expect(await of(next, 'calls')).toMatchObject({ addresses: ['198.51.100.1'] });
    expect(await of(next, 'bulk')).toMatchObject({
      addresses: [],
      reason: expect.stringContaining('198.51.100.2/32 in accept.addresses.within'),
    });
  });
});

describe('an address that somebody else has', () => {
  test('is reported and given up; the group asks for another after a pause', async () => {
    const { agent, headend, host, clock } = setUp();
    host.taken.add('198.51.100.1');
    await agent.tick();
    expect(headend.reports).toEqual(['2 applied', '1 address-conflict']);
    expect(headend.quarantined).toEqual(['198.51.100.1']);
    expect(host.ids()).toEqual([2]);
    expect(await of(agent, 'calls')).toMatchObject({
      state: 'waiting',
      reason: 'somebody else has it',
      conflict: ['198.51.100.1'],
      retryIn: 5,
      addresses: [],
    });
    await agent.tick();
    expect(headend.asked).toHaveLength(1);
    await clock.advance(milliseconds(5_000));
    await agent.tick();
    expect(host.ids()).toEqual([1, 2]);
    const calls = await of(agent, 'calls');
    expect(calls).toMatchObject({ state: 'active', addresses: ['198.51.100.11'] });
    expect(calls.conflict).toBeUndefined();
  });

  test('is not asked about without end where every address is taken, nor after each reconnection', async () => {
    const { agent, headend, host, clock } = setUp();
    for (let generation = 0; generation < 20; generation++) host.taken.add(`198.51.100.${1 + 10 * generation}`);
    for (let second = 0; second < 600; second++) {
      if (second % 50 === 0) headend.connect(true);
      await agent.tick();
      await clock.advance(milliseconds(1_000));
    }
    // 0, 5, 15, 35, 75, 155, 315 s
    expect(headend.quarantined).toHaveLength(7);
    expect(host.ids()).toEqual([2]);
  });

  test('unheard, the lease goes on; the next attempt tells again', async () => {
    const { agent, headend, host, clock } = setUp();
    host.taken.add('198.51.100.1');
    headend.hearsReports = false;
    await agent.tick();
    expect(await of(agent, 'calls')).toMatchObject({ state: 'failed', conflict: ['198.51.100.1'] });
    headend.hearsReports = true;
    await agent.tick();
    expect(headend.quarantined).toEqual([]);
    await clock.advance(milliseconds(5_000));
    await agent.tick();
    expect(headend.quarantined).toEqual(['198.51.100.1']);
  });
});

describe('off', () => {
  test('takes all lanes off the host, also after a restart; on puts them back under the same leases', async () => {
    const { agent, headend, host, clock, open } = setUp();
    await agent.tick();
    expect((await agent.off()).ok).toBe(true);
    expect(host.ids()).toEqual([]);
    const next = open();
    await next.restore();
    await clock.advance(milliseconds(60_000));
    await next.tick();
    expect(host.ids()).toEqual([]);
    expect([headend.asked.length, headend.renewed.length]).toEqual([1, 0]);
    expect((await next.status()).off).toBe(true);
    expect(await of(next, 'calls')).toMatchObject({ state: 'off', blocked: false });
    for (const refused of [next.request(unwrap(next.groups([]))), next.renew(unwrap(next.groups([])))])
      expect(await refused).toEqual({ ok: false, failure: { kind: 'off' } });
    expect((await next.on()).ok).toBe(true);
    expect(host.ids()).toEqual([1, 2]);
    await next.tick();
    expect(await of(next, 'calls')).toMatchObject({ state: 'active', lease: { id: 'lease-1' } });
  });

  test('leases that end meanwhile are asked for anew by on', async () => {
    const { agent, headend, host, clock } = setUp();
    await agent.tick();
    await agent.off();
    expect(agent.nextDue()).toBe(clock.sinceBoot() + 100_000);
    await clock.advance(milliseconds(100_000));
    headend.held.clear();
    await agent.tick();
    expect(agent.nextDue()).toBeUndefined();
    await agent.on();
    await agent.tick();
    expect(host.ids()).toEqual([1, 2]);
    expect(headend.asked).toHaveLength(2);
  });

  test('a group can be given back meanwhile', async () => {
    const { agent, headend } = setUp();
    await agent.tick();
    await agent.off();
    expect((await agent.release(unwrap(agent.groups(['calls'])))).ok).toBe(true);
    expect([...headend.held.keys()]).toEqual([2]);
  });
});

describe('which groups are blocked without a lane', () => {
  const secured = (whenDown?: 'block' | 'host') => (group: ApplicationGroup) => ({
    ...group,
    'security-cfg': { profile: 'p', ...(whenDown && { 'when-down': whenDown }) },
  });
  const blocked = (agent: ServiceAgent) => [...agent.blocked];

  test('by the owner’s word, from before the first lane on', async () => {
    const { agent } = setUp(CONFIG.replace('priority: L } }', 'priority: L }, when-down: block }'));
    expect(blocked(agent)).toEqual([2]);
    expect(await of(agent, 'bulk')).toMatchObject({ state: 'waiting', blocked: true });
    await agent.tick();
    expect(await of(agent, 'bulk')).toMatchObject({ state: 'active', blocked: false });
  });

  test('by the word of the profile of the last lane, also when that is gone and after a restart', async () => {
    const { agent, headend, open } = setUp();
    headend.grant.set(1, secured()); // block is the default of the schema
    headend.grant.set(2, secured('host'));
    await agent.tick();
    expect(blocked(agent)).toEqual([1]);
    await agent.release(unwrap(agent.groups([])));
    expect(await of(open(), 'calls')).toMatchObject({ state: 'released', blocked: true });
    headend.grant.clear();
    await agent.request(unwrap(agent.groups([])));
    expect(blocked(agent)).toEqual([]);
  });

  test('not while lanes are off, nor after undo, nor by a profile where the owner does not have it', async () => {
    const { agent, headend, clock } = setUp();
    headend.grant.set(1, secured('block'));
    await agent.tick();
    await agent.off();
    expect(blocked(agent)).toEqual([]);
    await agent.on();
    expect(blocked(agent)).toEqual([1]);
    const { agent: strict } = setUp(`${CONFIG}accept: { block-when-down: no }\n`, clock, headend);
    expect(blocked(strict)).toEqual([]);
    await agent.undo();
    expect(blocked(agent)).toEqual([]);
  });
});

test('what is due when everything is undone is not done any more', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  const undone = agent.undo();
  headend.connect(true);
  await Promise.all([undone, agent.tick()]);
  expect(host.ids()).toEqual([]);
  expect(headend.asked).toHaveLength(1);
});
