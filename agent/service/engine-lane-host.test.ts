import { milliseconds, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { engineHost } from './engine-host.fixture.ts';
import { hostFailure } from './engine-lane-host.ts';
import { grantedGroup } from './granted-group.fixture.ts';
import { standEach } from './stand-each.ts';

describe('what the engine cannot make', () => {
  const vlan = grantedGroup(2, { type: 'iana-if-type:l2vlan', 'vlan-id': 7 });

  test('is blamed on the lane that needs what the kernel lacks; the others stand', async () => {
    const { host, kernel, held } = engineHost({ lacks: ['vlan'] });
    const lanes = [held(grantedGroup(1)), held(vlan)];
    const { failures, reached } = await standEach(host, lanes, new Set());
    expect(reached).toBe(true);
    expect([...failures]).toEqual([[2, expect.objectContaining({ reason: expect.stringContaining('vlan') })]]);
    expect(kernel.objects.some((one) => one.kind === 'address' && one.address === '192.0.2.101')).toBe(true);
  });

  test('of a group that is blocked without a lane leaves it blocked, in the same change', async () => {
    const { host, kernel, held } = engineHost({ lacks: ['vlan'], blocked: [2] });
    await standEach(host, [held(grantedGroup(1)), held(vlan)], new Set());
    const ends = kernel.objects.filter((one) => one.kind === 'route' && one.table === 510_002);
    expect(ends.map((one) => one.kind === 'route' && one.type)).toEqual(['unreachable', 'unreachable']);
  });

  test('after a lease’s end, with nobody there to take the lane away, blocks the group if that is to be', async () => {
    for (const blocked of [[1], []]) {
      const { host, kernel, engine, held, clock } = engineHost({ blocked });
      unwrap(await host.apply([held(grantedGroup(1)), held(grantedGroup(2))]));
      await clock.advance(milliseconds(600_000));
      unwrap(await engine.extend(new Map()));
      const led = kernel.objects.filter((one) => one.kind === 'rule' && one.mark?.value === 0x5b000001);
      expect(led).toHaveLength(blocked.length * 2);
    }
  });

  test('of a type it does not know is said', async () => {
    const { host, held } = engineHost();
    const reached = await host.apply([held(grantedGroup(1, { type: 'iana-if-type:ppp' }))]);
    expect(reached).toEqual({
      ok: false,
      failure: {
        kind: 'host',
        groupId: 1,
        reason: expect.stringContaining('the lane of group calls is to stand on an interface of type iana-if-type:ppp'),
      },
    });
  });

  test('a conflict names its addresses', () => {
    const failure = { kind: 'conflict', groupId: 3, addresses: ['192.0.2.9'], message: 'taken' } as const;
    expect(hostFailure(failure)).toEqual({ kind: 'host', groupId: 3, reason: 'taken', conflict: ['192.0.2.9'] });
  });
});

test('how lanes stand is told by group, with what a person should know', async () => {
  const { host, held } = engineHost({ lacks: ['ipvlan', 'macvlan'] });
  unwrap(await host.apply([held(grantedGroup(1))]));
  const { lanes, notes } = await host.means();
  expect([...lanes]).toEqual([[1, { means: 'uplink', shaping: 'none', policing: 'none', dns: 'host' }]]);
  expect(notes.join()).toContain('Lanes stand on eth0 itself');
});
