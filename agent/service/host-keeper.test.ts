import { failed, ManualClock, milliseconds, ok, type Result, silentLog } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SURROUNDINGS, type SurroundingsConfig } from '../config/surroundings-config.ts';
import type { Drift } from '../lanes/inspection.ts';
import type { Network } from '../lanes/surroundings.ts';
import type { HeldLane } from './agent-state.ts';
import { HostKeeper } from './host-keeper.ts';
import { homeView } from './host-view.fixture.ts';
import type { HostFailure, HostView } from './lane-host.ts';
import { Setbacks } from './setbacks.ts';

const lane = (groupId: number): HeldLane => ({
  groupId,
  answer: { id: groupId } as HeldLane['answer'],
  sentAt: milliseconds(0),
  asked: '',
});

/** A host that makes what it is told, less what it cannot. */
function setUp(held: readonly number[] = [], config: Partial<SurroundingsConfig> = {}, network?: Network) {
  const clock = new ManualClock();
  const setbacks = new Setbacks(clock);
  const host = {
    unable: new Set<number>(),
    standing: held,
    applied: 0,
    view: homeView(),
    portal: undefined as string | undefined,
    network,
    async apply(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>> {
      host.applied++;
      const ids = lanes.map(({ groupId }) => groupId);
      const bad = ids.find((id) => host.unable.has(id));
      if (bad !== undefined) return failed({ kind: 'host', reason: 'cannot', groupId: bad });
      host.standing = ids;
      host.view = { ...host.view, drift: [], stale: false };
      return ok();
    },
    async look(): Promise<Result<HostView, HostFailure>> {
      return ok(host.view);
    },
    plan: async (lanes: readonly HeldLane[]) =>
      ok(lanes.map(({ groupId }) => ({ do: `${groupId}`, undo: '', why: '' }))),
    async undo() {
      host.standing = [];
      return ok();
    },
  };
  const keeper = new HostKeeper(
    {
      host,
      clock,
      log: silentLog,
      setbacks,
      uplink: 'auto',
      surroundings: { ...DEFAULT_SURROUNDINGS, ...config },
      portal: () => host.portal,
      network: {
        read: () => host.network,
        write: (network) => {
          host.network = network;
        },
      },
    },
    held.map(lane),
  );
  const reasonsOf = (...ids: number[]) => ids.map((id) => setbacks.get('host', id)?.away ?? 'stands');
  return { clock, setbacks, host, keeper, reasonsOf };
}

test('what can be made stands; the rest is noted with the time of the next try, and told once it is made', async () => {
  const { clock, setbacks, host, keeper } = setUp();
  host.unable.add(2);
  const held = await keeper.hold([lane(1), lane(2)]);
  expect(held).toMatchObject({ ok: false, failure: { reason: 'cannot' } });
  expect({ standing: host.standing, failing: keeper.failing, clean: keeper.isClean(held) }).toEqual({
    standing: [1],
    failing: true,
    clean: true,
  });
  expect(setbacks.get('host', 2)).toEqual({ reason: 'cannot', tries: 1, retryAt: keeper.lookAt });
  expect(keeper.lookAt - clock.sinceBoot()).toBe(5_000);
  expect([...keeper.takeNews()]).toEqual([]);

  host.unable.clear();
  expect(await keeper.look()).toMatchObject({ stands: { ok: true }, changed: true });
  expect([...keeper.takeNews()]).toEqual([2]);
  expect([...keeper.takeNews()]).toEqual([]);
  expect({ failing: keeper.failing, noted: setbacks.get('host', 2) }).toEqual({ failing: false, noted: undefined });
  expect(keeper.lookAt - clock.sinceBoot()).toBe(60_000);
});

test('pauses grow with every try that fails, and begin anew with other lanes', async () => {
  const { clock, host, keeper } = setUp();
  host.unable.add(1);
  const pauses = [];
  await keeper.hold([lane(1)]);
  for (let tries = 0; tries < 3; tries++) {
    pauses.push(keeper.lookAt - clock.sinceBoot());
    await keeper.look();
  }
  await keeper.hold([lane(1), lane(2)]);
  expect([...pauses, keeper.lookAt - clock.sinceBoot()]).toEqual([5_000, 10_000, 20_000, 5_000]);
});

test('a host that could not be changed at all is not clean', async () => {
  const { host, keeper } = setUp([1]);
  host.apply = async () => failed({ kind: 'host', reason: 'busy', everyLane: true });
  expect(keeper.isClean(await keeper.hold([]))).toBe(false);
});

test('a host that cannot be looked at is put right all the same, when it is time', async () => {
  const { host, keeper } = setUp([1]);
  host.look = async () => failed({ kind: 'host', reason: 'no root' });
  expect(await keeper.look('hint')).toMatchObject({ stands: { ok: false }, changed: false });
  expect(host.applied).toBe(0);
  await keeper.look();
  expect(host.applied).toBe(1);
});

test('after undo nothing is put right, until lanes are held again', async () => {
  const { host, keeper } = setUp([1]);
  await keeper.undo();
  host.view = homeView({ stale: true });
  expect(await keeper.look()).toMatchObject({ changed: false });
  expect(host.applied).toBe(0);
  await keeper.hold([lane(2)], 'heard');
  expect(host.standing).toEqual([2]);
});

const rule: Drift = { kind: 'rule', object: 'rule 4 30001', groupId: 1, repair: 'ip -4 rule add …' };

describe('drift', () => {
  test('a hint of nothing costs no change', async () => {
    const { host, keeper } = setUp([1]);
    await keeper.hold([lane(1)]);
    for (let hints = 0; hints < 5; hints++) expect(await keeper.look('hint')).toMatchObject({ changed: false });
    expect(host.applied).toBe(1);
  });

  test('is put right and counted', async () => {
    const { host, keeper } = setUp([1]);
    await keeper.hold([lane(1)]);
    host.view = homeView({ drift: [rule] });
    expect(await keeper.look('hint')).toMatchObject({ changed: true, stands: { ok: true } });
    expect(host.applied).toBe(2);
    expect(keeper.status().repairs).toEqual([{ groupId: 1, kind: 'rule', repairs: 1 }]);
  });

  test('what the host itself became is followed, and not counted', async () => {
    const { host, keeper } = setUp([1]);
    await keeper.hold([lane(1)]);
    host.view = homeView({ stale: true, via: '192.0.2.254' });
    await keeper.look('hint');
    expect(host.applied).toBe(2);
    expect(keeper.status()).toMatchObject({ surroundings: { state: 'right' }, repairs: [] });
  });

  test('again and again is reported instead of fought, told once, and tried again', async () => {
    const { clock, host, keeper, setbacks } = setUp([1, 2], {
      drift: { repairs: 3, within: milliseconds(60_000) },
    });
    await keeper.hold([lane(1), lane(2)]);
    const drifts = async (hint?: 'hint') => {
      host.view = homeView({ drift: [rule] });
      const before = host.applied;
      await keeper.look(hint);
      return host.applied > before;
    };
    expect([await drifts('hint'), await drifts('hint'), await drifts('hint')]).toEqual([true, true, true]);
    expect([await drifts('hint'), await drifts('hint'), await drifts()]).toEqual([false, false, false]);
    expect([...keeper.takeNews()]).toEqual([1]);
    expect(setbacks.get('host', 1)?.reason).toMatch(/rule 4 30001 again and again.*ip -4 rule add/);
    expect(setbacks.get('host', 2)).toBeUndefined();
    expect(keeper.status().contests).toEqual([{ object: rule.object, repair: rule.repair, retryIn: 60_000 }]);
    // Other work for the lanes does not hide it.
    await keeper.hold([lane(1), lane(2)]);
    expect(setbacks.get('host', 1)).toBeDefined();

    expect(keeper.lookAt - clock.sinceBoot()).toBe(60_000);
    await clock.advance(milliseconds(60_000));
    expect(await drifts()).toBe(true);
    expect(setbacks.get('host', 1)).toBeUndefined();
    expect([...keeper.takeNews()]).toEqual([1]);
    expect(await drifts('hint')).toBe(false);
    // The headend has heard it once.
    expect([...keeper.takeNews()]).toEqual([]);
  });

  test('what fails to be put right is an event, and not the cause of the next try', async () => {
    const { clock, host, keeper } = setUp();
    await keeper.hold([lane(1)], 'heard');
    host.apply = async () => {
      host.applied++;
      return failed({ kind: 'host', reason: 'no room', everyLane: true });
    };
    host.view = homeView({ drift: [rule], stale: true });
    const before = host.applied;
    for (let hints = 0; hints < 5; hints++) await keeper.look('hint');
    expect(host.applied - before).toBe(1);
    // Something else is something else.
    host.view = homeView({ drift: [rule, { ...rule, object: 'rule 6 30001' }], stale: true });
    for (let hints = 0; hints < 5; hints++) await keeper.look('hint');
    expect(host.applied - before).toBe(2);
    await clock.advance(milliseconds(keeper.lookAt - clock.sinceBoot()));
    await keeper.look('hint');
    expect(host.applied - before).toBe(3);
  });

  test('what went with the uplink’s cable is put right as often as that happens, and is nobody’s doing', async () => {
    const { host, keeper } = setUp([], { drift: { repairs: 2, within: milliseconds(60_000) } });
    await keeper.hold([lane(1)], 'heard');
    for (let flaps = 4; flaps < 20; flaps += 2) {
      const before = host.applied;
      host.view = homeView({ flaps, drift: [rule] });
      await keeper.look('hint');
      expect(host.applied).toBe(before + 1);
    }
    expect(keeper.status()).toMatchObject({ repairs: [], contests: [] });
    // Its own events lead to a look that finds nothing; what comes later is somebody's.
    await keeper.look('hint');
    host.view = homeView({ flaps: 18, drift: [rule] });
    await keeper.look('hint');
    expect(keeper.status().repairs).toEqual([{ groupId: 1, kind: 'rule', repairs: 1 }]);
  });

  test('what went while the uplink was away is put right when it is back, and is nobody’s doing', async () => {
    const { host, keeper } = setUp();
    await keeper.hold([lane(1)], 'heard');
    host.view = homeView({ via: '', flaps: 3, drift: [rule] });
    await keeper.look('hint');
    host.view = homeView({ flaps: 4, drift: [rule] });
    await keeper.look('hint');
    expect(host.applied).toBe(2);
    expect(keeper.status().repairs).toEqual([]);
  });

  test('what was given up and is as it should be is no more reported', async () => {
    const { host, keeper, setbacks } = setUp([1], { drift: { repairs: 1, within: milliseconds(60_000) } });
    await keeper.hold([lane(1)]);
    for (let round = 0; round < 2; round++) {
      host.view = homeView({ drift: [rule] });
      await keeper.look('hint');
    }
    expect(setbacks.get('host', 1)).toBeDefined();
    host.view = homeView();
    await keeper.look('hint');
    expect(setbacks.get('host', 1)).toBeUndefined();
    expect(keeper.status().contests).toEqual([]);
  });
});

describe('surroundings', () => {
  test('a VPN that takes everything sends the lanes away, and they come back after it', async () => {
    const { host, keeper, reasonsOf } = setUp();
    await keeper.hold([lane(1)], 'heard');
    host.view = homeView({ way: 'wg0' });
    expect(await keeper.look('hint')).toMatchObject({ changed: true, ask: false, stands: { ok: true } });
    expect({ standing: host.standing, why: reasonsOf(1), news: [...keeper.takeNews()] }).toEqual({
      standing: [],
      why: ['vpn'],
      news: [1],
    });
    expect(keeper.status().surroundings).toMatchObject({ state: 'away', reason: 'vpn' });
    // Nothing new: nothing is done.
    const before = host.applied;
    expect(await keeper.look('hint')).toMatchObject({ changed: false });
    expect(host.applied).toBe(before);

    host.view = homeView();
    expect(await keeper.look('hint')).toMatchObject({ changed: true });
    expect({ standing: host.standing, why: reasonsOf(1), news: [...keeper.takeNews()] }).toEqual({
      standing: [1],
      why: ['stands'],
      news: [1],
    });
  });

  test('a lane granted meanwhile is held, not made', async () => {
    const { host, keeper, reasonsOf } = setUp();
    host.view = homeView({ way: 'wg0' });
    const held = await keeper.hold([lane(1)], 'heard');
    expect(held).toMatchObject({ ok: false, failure: { reason: expect.stringContaining('wg0') } });
    expect({ standing: host.standing, why: reasonsOf(1), clean: keeper.isClean(held) }).toEqual({
      standing: [],
      why: ['vpn'],
      clean: true,
    });
    expect(await keeper.plan([lane(1)])).toEqual(ok([]));
  });

  test('beside a VPN they stay, where the person says so', async () => {
    const { host, keeper } = setUp([], { vpn: 'beside' });
    host.view = homeView({ way: 'wg0' });
    await keeper.hold([lane(1)], 'heard');
    expect(host.standing).toEqual([1]);
  });

  test('in another network they are away until the headend has been asked over it', async () => {
    const { host, keeper, reasonsOf } = setUp();
    await keeper.hold([lane(1), lane(2)], 'heard');
    host.view = homeView({ link: 'wlan0', via: '198.51.100.1', prefix: '198.51.100.0/24' });
    expect(await keeper.look('hint')).toMatchObject({ ask: true, changed: true });
    expect(reasonsOf(1, 2)).toEqual(['other-network', 'other-network']);
    // Asked once for each network.
    expect(await keeper.look('hint')).toMatchObject({ ask: false, changed: false });
    host.view = homeView({ link: 'wlan0', via: '203.0.113.1', prefix: '203.0.113.0/24' });
    expect(await keeper.look('hint')).toMatchObject({ ask: true });
    // A lease that ends says nothing of the network.
    await keeper.hold([lane(2)]);
    expect(host.standing).toEqual([]);
    await keeper.hold([lane(2)], 'heard');
    expect({ standing: host.standing, why: reasonsOf(2) }).toEqual({ standing: [2], why: ['stands'] });
  });

  test('back where they were granted they stand without a word', async () => {
    const { host, keeper } = setUp();
    await keeper.hold([lane(1)], 'heard');
    host.view = homeView({ link: 'wlan0', via: '198.51.100.1', prefix: '198.51.100.0/24' });
    await keeper.look('hint');
    host.view = homeView();
    expect(await keeper.look('hint')).toMatchObject({ changed: true, ask: false });
    expect(host.standing).toEqual([1]);
  });

  test('an agent that starts where its lanes do not belong asks first', async () => {
    const { host, keeper } = setUp();
    await keeper.hold([lane(1)], 'heard');
    const { network } = host;
    expect(network).toMatchObject({ uplink: 'eth0', prefixes: ['192.0.2.0/24'] });

    const next = setUp([1], {}, network);
    next.host.view = homeView({ link: 'wlan0', via: '198.51.100.1', prefix: '198.51.100.0/24' });
    await next.keeper.hold([lane(1)]);
    expect({ standing: next.host.standing, why: next.reasonsOf(1) }).toEqual({ standing: [], why: ['other-network'] });
    expect(await next.keeper.look()).toMatchObject({ ask: false });
    await next.keeper.hold([lane(1)], 'heard');
    expect(next.host.standing).toEqual([1]);
    expect(next.host.network).toMatchObject({ uplink: 'wlan0' });
  });

  test('an uplink that is away for a moment takes no lane with it; one that stays away does', async () => {
    const { clock, host, keeper, reasonsOf } = setUp();
    await keeper.hold([lane(1)], 'heard');
    const applied = host.applied;
    host.view = homeView({ via: '', stale: true });
    await keeper.look('hint');
    expect(host.applied).toBe(applied);
    expect(keeper.lookAt - clock.sinceBoot()).toBe(3_000);
    host.view = homeView();
    await keeper.look('hint');
    expect({ standing: host.standing, why: reasonsOf(1) }).toEqual({ standing: [1], why: ['stands'] });

    host.view = homeView({ via: '' });
    await keeper.look('hint');
    await clock.advance(milliseconds(3_000));
    await keeper.look();
    expect({ standing: host.standing, why: reasonsOf(1) }).toEqual({ standing: [], why: ['no-uplink'] });
    host.view = homeView();
    await keeper.look('hint');
    expect(host.standing).toEqual([1]);
  });

  test('a login page sends them away', async () => {
    const { host, keeper, reasonsOf } = setUp();
    await keeper.hold([lane(1)], 'heard');
    host.portal = 'https://portal.example/';
    await keeper.look();
    expect(reasonsOf(1)).toEqual(['portal']);
    host.portal = undefined;
    await keeper.look();
    expect(host.standing).toEqual([1]);
  });

  test('lanes that cannot be taken away are tried again soon', async () => {
    const { clock, host, keeper } = setUp();
    await keeper.hold([lane(1)], 'heard');
    host.view = homeView({ way: 'wg0' });
    const apply = host.apply;
    host.apply = async () => failed({ kind: 'host', reason: 'busy', everyLane: true });
    await keeper.look('hint');
    expect(keeper.status().surroundings).toMatchObject({ state: 'away' });
    expect(keeper.lookAt - clock.sinceBoot()).toBe(5_000);
    host.apply = apply;
    await clock.advance(milliseconds(5_000));
    await keeper.look('hint');
    expect(host.standing).toEqual([]);
  });
});
