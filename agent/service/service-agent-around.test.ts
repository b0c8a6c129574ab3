import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Drift } from '../lanes/inspection.ts';
import { homeView } from './host-view.fixture.ts';
import { setUpService } from './scripted-service.fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'service-agent-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const setUp = () => setUpService(folder);
const rule: Drift = { kind: 'rule', object: 'rule 4 30001', groupId: 1, repair: 'ip -4 rule add …' };

test('away is shown with the reason, told to the headend, and over when it is over', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  headend.reports.length = 0;
  host.view = homeView({ way: 'wg0' });
  expect(await agent.look('hint')).toBe(true);
  await agent.tick();
  expect(host.ids()).toEqual([]);
  expect(headend.reports).toEqual(['1 failed', '2 failed']);
  const { groups, host: around } = await agent.status();
  expect(groups).toMatchObject([
    { state: 'away', reason: expect.stringContaining('the VPN wg0 takes all IPv4'), lease: { id: 'lease-1' } },
    { state: 'away' },
  ]);
  // It comes back by itself: nobody has to wait for a time.
  expect(groups[0]!.retryIn).toBeUndefined();
  expect(around.surroundings).toMatchObject({ state: 'away', reason: 'vpn' });

  host.view = homeView();
  await agent.look('hint');
  await agent.tick();
  expect(host.ids()).toEqual([1, 2]);
  expect(headend.reports.slice(2)).toEqual(['1 applied', '2 applied']);
  expect((await agent.status()).groups.map(({ state }) => state)).toEqual(['active', 'active']);
});

test('a lease goes on while its lane is away, and ends when it ends', async () => {
  const { agent, headend, host, clock } = setUp();
  await agent.tick();
  host.view = homeView({ way: 'wg0' });
  await agent.look('hint');
  await clock.advance(milliseconds(60_000));
  await agent.tick();
  expect(headend.renewed.at(-1)).toEqual([1, 2]);
  expect(host.ids()).toEqual([]);
  headend.connect(false);
  await clock.advance(milliseconds(101_000));
  await agent.tick();
  host.view = homeView();
  await agent.look('hint');
  expect(host.ids()).toEqual([]);
});

test('in another network the headend is asked over a session of its own, once', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  const { served } = headend;
  host.view = homeView({ link: 'wlan0', via: '198.51.100.1', prefix: '198.51.100.0/24' });
  expect(await agent.look('hint')).toBe(true);
  expect((await agent.status()).groups.map(({ state }) => state)).toEqual(['away', 'away']);
  await agent.look('hint');
  expect(headend.reopened).toBe(1);
  // What the headend says of it holds here: there, group 2 has no lane.
  headend.held.delete(2);
  await agent.tick();
  expect(headend.served).toBe(served + 1);
  expect(host.ids()).toEqual([1, 2]);
  expect(headend.asked.at(-1)).toEqual([2]);
});

test('after a suspend the host is put right before the headend is asked what holds', async () => {
  const { agent, headend, host, clock } = setUp();
  await agent.tick();
  const { served } = headend;
  const { applied } = host;
  await clock.advance(milliseconds(30_000));
  await agent.resume();
  expect(host.applied).toBe(applied + 1);
  expect([headend.reopened, headend.served]).toEqual([1, served]);
  await agent.tick();
  expect(headend.served).toBe(served + 1);
});

test('what is given up is told once', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  headend.reports.length = 0;
  for (let round = 0; round < 9; round++) {
    host.view = homeView({ drift: [rule] });
    await agent.look('hint');
    await agent.tick();
  }
  expect(headend.reports).toEqual(['1 failed']);
  const { groups, host: around } = await agent.status();
  expect(groups).toMatchObject([
    { state: 'failed', reason: expect.stringContaining('again and again') },
    { state: 'active' },
  ]);
  expect(around).toMatchObject({
    repairs: [{ groupId: 1, kind: 'rule', repairs: 5 }],
    contests: [{ object: 'rule 4 30001' }],
  });
});

test('what became of a lane while the headend was away is told when it is back', async () => {
  const { agent, headend, host } = setUp();
  await agent.tick();
  headend.reports.length = 0;
  headend.connect(false);
  host.view = homeView({ way: 'wg0' });
  await agent.look('hint');
  await agent.tick();
  expect(headend.reports).toEqual([]);
  headend.connect(true);
  await agent.tick();
  expect(headend.reports).toEqual(['1 failed', '2 failed']);
});

test('undo is not put right', async () => {
  const { agent, host } = setUp();
  await agent.tick();
  await agent.undo();
  host.view = homeView({ drift: [rule] });
  const { applied } = host;
  await agent.look('hint');
  await agent.look();
  expect(host.applied).toBe(applied);
});
