import { describe, expect, it } from 'vitest';
import { APPLICATIONS, BACKUP, CALLS, OTHERS } from './applications.ts';
import type { Sighting } from './traffic.ts';
import { checkAfter, checkBefore } from './traffic-report.ts';

const ADDRESSES = new Map<number, readonly string[]>([
  [CALLS.group.id, ['192.0.2.65', '2001:db8:a::1001']],
  [BACKUP.group.id, ['192.0.2.97', '2001:db8:a::2001']],
]);
const OWN = ['192.0.2.7', '2001:db8:a::7'];

function sightings(lanes: boolean): Sighting[] {
  return ([4, 6] as const).flatMap((family) =>
    APPLICATIONS.map((application) => {
      const group = lanes ? application.group : undefined;
      return {
        application,
        family,
        sources: [(group === undefined ? OWN : ADDRESSES.get(group.id)!)[family === 4 ? 0 : 1]!],
        dscps: [group?.dscp ?? 0],
        kbps: group?.granted ?? application.offered,
        received: (group?.grantedIn ?? application.incoming) || undefined,
        tools: application.ports.udp === undefined ? ['curl', 'ping'] : ['curl', 'ping', 'udp'],
      };
    }),
  );
}

const wrong = (checks: readonly { what: string; holds: boolean }[]) =>
  checks.filter(({ holds }) => !holds).map(({ what }) => what);

const change = (list: readonly Sighting[], index: number, by: Partial<Sighting>) =>
  list.map((sighting, i) => (i === index ? { ...sighting, ...by } : sighting));

describe('what has to be so', () => {
  const before = sightings(false);
  const after = sightings(true);

  it('is so when all is well', () => {
    expect(wrong(checkBefore(before))).toEqual([]);
    expect(wrong(checkAfter(after, ADDRESSES))).toEqual([]);
  });

  it('is not so when nothing was seen', () => {
    expect(wrong(checkBefore([]))).toHaveLength(4);
    expect(wrong(checkAfter([], ADDRESSES))).toHaveLength(6);
  });

  it.each([
    ['another source', { sources: ['192.0.2.66'] }, 'each group leaves the host from its own address, IPv4 and IPv6'],
    ['the host’s source beside its own', { sources: ['192.0.2.65', '192.0.2.7'] }, 'each group leaves the host'],
    ['no mark', { dscps: [0] }, 'each group carries its own DSCP'],
    ['another mark now and then', { dscps: [0, CALLS.group.dscp] }, 'each group carries its own DSCP'],
    ['the rate it offered', { kbps: CALLS.offered }, 'each group gets the rate it was granted'],
    ['half its rate', { kbps: CALLS.group.granted / 2 }, 'each group gets the rate it was granted'],
    ['no rate', { kbps: undefined }, 'each group gets the rate it was granted'],
    ['all that is sent to it', { received: CALLS.incoming }, 'what comes for the calls is held to the rate'],
    ['nothing that comes', { received: undefined }, 'what comes for the calls is held to the rate'],
    ['a tool that did not arrive', { tools: ['curl', 'udp'] }, 'every tool of every application reached the server'],
  ])('a lane with %s is found', (_, by, what) => {
    for (const index of [0, 3]) {
      const found = wrong(checkAfter(change(after, index, by), ADDRESSES));
      if (index === 0) expect(found).toEqual([expect.stringContaining(what)]);
      else expect(found).not.toEqual([]);
    }
  });

  it('an application without a lane that changed is found, before and after', () => {
    const index = APPLICATIONS.indexOf(OTHERS);
    for (const by of [
      { sources: ['192.0.2.65'] },
      { dscps: [46] },
      { kbps: OTHERS.offered / 2 },
      { received: OTHERS.incoming / 2 },
    ]) {
      expect(wrong(checkAfter(change(after, index, by), ADDRESSES))).toEqual(['everything else is as it was']);
      expect(wrong(checkBefore(change(before, index, by)))).toHaveLength(1);
    }
  });

  it('a lane that has no address is found', () => {
    expect(wrong(checkAfter(after, new Map()))).toHaveLength(1);
  });
});
