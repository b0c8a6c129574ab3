import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { KernelObject } from '../lanes/kernel-object.ts';
import { engineHost } from './engine-host.fixture.ts';
import { grantedGroup } from './granted-group.fixture.ts';

const MARK = 0x5b000001;
const TABLE = 510_001;

/**
 * Whether a packet of group 1 may leave as the host's own: by its rules no table of its own is found, or an empty one,
 * and no firewall holds back what bears the mark without the lane's address.
 */
function leaks(objects: readonly KernelObject[]): boolean {
  const held = objects.some(
    (one) =>
      one.kind === 'firewall' && one.script.some((line) => /leave meta mark vmap \{.*0x5b000001 : goto/.test(line)),
  );
  return [4, 6].some((family) => {
    const led = objects.some((one) => one.kind === 'rule' && one.family === family && one.mark?.value === MARK);
    const ways = objects.filter((one) => one.kind === 'route' && one.family === family && one.table === TABLE);
    const ends = ways.some((one) => one.kind === 'route' && one.destination === 'default');
    return !held && !(led && ends);
  });
}
const kinds = (objects: readonly KernelObject[]) => [...new Set(objects.map(({ kind }) => kind))].sort();

/** Every state that the kernel is in while this is done, the last one included. */
async function statesDuring(kernel: ReturnType<typeof engineHost>['kernel'], job: () => Promise<unknown>) {
  const states: (readonly KernelObject[])[] = [];
  kernel.liesAbout = () => {
    states.push(kernel.objects);
    return false;
  };
  await job();
  kernel.liesAbout = undefined;
  return [...states, kernel.objects];
}

describe('a group that is blocked', () => {
  test('has a way that leads nowhere, and no link, address or queue', async () => {
    const { kernel, host } = engineHost({ blocked: [1] });
    unwrap(await host.apply([]));
    expect(kinds(kernel.objects)).toEqual(['cgroup', 'dns', 'firewall', 'mark', 'route', 'rule']);
    const routes = kernel.objects.filter((one) => one.kind === 'route');
    expect(routes).toMatchObject([
      { family: 4, table: TABLE, destination: 'default', type: 'unreachable' },
      { family: 6, table: TABLE, destination: 'default', type: 'unreachable' },
    ]);
    expect(leaks(kernel.objects)).toBe(false);
  });

  test('is so also without an uplink', async () => {
    const { kernel, host } = engineHost({ blocked: [1], uplink: false });
    unwrap(await host.apply([]));
    expect(leaks(kernel.objects)).toBe(false);
  });

  test.each([['ipvlan'], ['macvlan'], ['the uplink itself']])(
    'gets a lane (%s) and loses it, and no packet of it ever leaves as the host’s',
    async (means) => {
      const lacks = { ipvlan: [], macvlan: ['ipvlan'] }[means] ?? ['ipvlan', 'macvlan'];
      const { kernel, host, held } = engineHost({ blocked: [1], lacks });
      const lane = held(grantedGroup(1));
      unwrap(await host.apply([]));
      const empty = kernel.objects;
      for (const lanes of [[lane], [], [lane, held(grantedGroup(2))], [held(grantedGroup(2))], []]) {
        const states = await statesDuring(kernel, async () => unwrap(await host.apply(lanes)));
        expect(states.length).toBeGreaterThan(1);
        expect(states.map(leaks)).toEqual(states.map(() => false));
      }
      expect(kernel.objects).toEqual(empty);
    },
  );

  test('is blocked beside lanes of other groups', async () => {
    const { kernel, host, held } = engineHost({ blocked: [1] });
    unwrap(await host.apply([held(grantedGroup(2))]));
    expect(leaks(kernel.objects)).toBe(false);
    expect(kernel.objects.filter((one) => one.kind === 'link')).toHaveLength(1);
  });

  test('is no more once that is lifted, and undo takes every trace', async () => {
    const { kernel, host, blocked } = engineHost({ blocked: [1] });
    unwrap(await host.apply([]));
    blocked.clear();
    unwrap(await host.apply([]));
    expect(kernel.objects).toEqual([]);
    blocked.add(1);
    unwrap(await host.apply([]));
    unwrap(await host.undo());
    expect(kernel.objects).toEqual([]);
  });
});

test('the check above knows a leak', async () => {
  const { kernel, host, held } = engineHost();
  unwrap(await host.apply([held(grantedGroup(1, { ipv6: {} }))]));
  expect(leaks(kernel.objects)).toBe(false);
  const states = await statesDuring(kernel, async () => unwrap(await host.apply([])));
  expect(states.map(leaks)).toContain(true);
});
