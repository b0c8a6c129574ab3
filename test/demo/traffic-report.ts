import { rateText } from '@sublane/basics';
import { ADDRESSES } from '../lab/index.ts';
import type { Check, Teller } from './teller.ts';
import type { Sighting } from './traffic.ts';

/** The table of what the server saw. */
export function tellTraffic(teller: Teller, sightings: readonly Sighting[], granted: boolean): void {
  const headings = [
    'APPLICATION',
    'IP',
    'TOOLS',
    'SOURCE ADDRESS SEEN',
    'DSCP',
    'SENT',
    ...(granted ? ['GRANTED'] : []),
    'ARRIVED',
  ];
  teller.table(
    headings,
    sightings.map(({ application, family, sources, dscps, kbps, tools }) => [
      application.name,
      `IPv${family}`,
      tools.join(' '),
      sources.join(' ') || 'nothing arrived',
      dscps.join(' '),
      rateText(application.offered),
      ...(granted ? [application.group === undefined ? 'no limit' : rateText(application.group.granted)] : []),
      kbps === undefined ? undefined : rateText(Number(kbps.toPrecision(3))),
    ]),
  );
}

/** The table of what the applications got. */
export function tellReceived(teller: Teller, sightings: readonly Sighting[]): void {
  teller.table(
    ['APPLICATION', 'IP', 'SENT TO IT', 'GRANTED', 'RECEIVED'],
    sightings
      .filter(({ application }) => application.incoming > 0)
      .map(({ application: { name, incoming, group }, family, received }) => [
        name,
        `IPv${family}`,
        rateText(incoming),
        group?.grantedIn === undefined ? 'no limit' : rateText(group.grantedIn),
        received === undefined ? 'nothing' : rateText(Number(received.toPrecision(3))),
      ]),
  );
}

/** All by the host's own address, unmarked, at the rate they were sent. */
export const checkBefore = (sightings: readonly Sighting[]): Check[] => [
  ...seenWhole(sightings),
  every('all traffic comes from the host’s one address of each family', sightings, ({ family, sources }) =>
    same(sources, [family === 4 ? ADDRESSES.host.v4 : ADDRESSES.host.v6]),
  ),
  every('nothing is marked (DSCP 0)', sightings, ({ dscps }) => same(dscps, [0])),
  every(
    'nothing is held back, in either direction',
    sightings,
    ({ kbps, received, application: { offered, incoming } }) =>
      isAbout(kbps, offered) && (incoming === 0 || isAbout(received, incoming)),
  ),
];

/** Each group from the address it was given, with its DSCP and at its rate; the rest as before. */
export function checkAfter(sightings: readonly Sighting[], addresses: ReadonlyMap<number, readonly string[]>): Check[] {
  const grouped = sightings.filter(({ application }) => application.group !== undefined);
  const others = sightings.filter(({ application }) => application.group === undefined);
  return [
    ...seenWhole(sightings),
    every(
      'each group leaves the host from its own address, IPv4 and IPv6',
      grouped,
      ({ family, sources, application }) => {
        const own = addresses.get(application.group!.id) ?? [];
        return same(
          sources,
          own.filter((address) => address.includes(':') === (family === 6)),
        );
      },
    ),
    every('each group carries its own DSCP', grouped, ({ dscps, application }) =>
      same(dscps, [application.group!.dscp]),
    ),
    every('each group gets the rate it was granted', grouped, ({ kbps, application }) =>
      isAbout(kbps, application.group!.granted),
    ),
    every(
      'what comes for the calls is held to the rate they were granted, on the host',
      grouped.filter(({ application }) => application.group?.grantedIn !== undefined),
      ({ received, application }) => isAbout(received, application.group!.grantedIn!),
    ),
    every(
      'everything else is as it was',
      others,
      ({ family, sources, dscps, kbps, received, application }) =>
        same(sources, [family === 4 ? ADDRESSES.host.v4 : ADDRESSES.host.v6]) &&
        same(dscps, [0]) &&
        isAbout(kbps, application.offered) &&
        isAbout(received, application.incoming),
    ),
  ];
}

const seenWhole = (sightings: readonly Sighting[]): Check[] => [
  every('every tool of every application reached the server, over IPv4 and IPv6', sightings, ({ tools, application }) =>
    same(tools, application.ports.udp === undefined ? ['curl', 'ping'] : ['curl', 'ping', 'udp']),
  ),
];

function every(what: string, sightings: readonly Sighting[], holds: (sighting: Sighting) => boolean): Check {
  const wrong = sightings.filter((sighting) => !holds(sighting));
  const seen = wrong.map(
    ({ application, family, sources, dscps, kbps, received, tools }) =>
      `${application.name} over IPv${family}: ${tools.join('+')} from ${sources.join(', ')} DSCP ${dscps.join(', ')} ${kbps} kbit/s, received ${received} kbit/s`,
  );
  return { what, holds: sightings.length > 0 && wrong.length === 0, seen: seen.join('; ') || 'nothing' };
}

const same = <T>(a: readonly T[], b: readonly T[]) => a.length === b.length && a.every((value, i) => value === b[i]);

/** Shapers and senders are not exact, and a busy machine is less so. */
const isAbout = (measured: number | undefined, expected: number) =>
  measured !== undefined && measured > expected * 0.75 && measured < expected * 1.1;
