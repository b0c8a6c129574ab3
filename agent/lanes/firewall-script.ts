import type { Milliseconds } from '@sublane/basics';
import type { FirewallObject, LiveElement } from './kernel-object.ts';
import type { Operation } from './operation.ts';

/**
 * The nft script that carries a change of the table out, in one transaction: whatever the table holds, after it holds
 * what is wanted. Counters that stay keep their values.
 */
export function firewallScript(operation: Operation, now: Milliseconds): readonly string[] {
  const { object } = operation;
  if (object.kind !== 'firewall') throw new Error(`no firewall: ${object.kind}`);
  const table = `inet ${object.table}`;
  if (operation.verb === 'remove') return [`delete table ${table}`];
  const live = liveLines(object, now);
  if (operation.verb === 'add') return [`create table ${table}`, ...object.script, ...live];

  const from = operation.from as FirewallObject;
  const [had, wanted] = [mapsOf(from), mapsOf(object)];
  const kept = [...wanted.keys()].filter((map) => had.has(map));
  const flush = kept.map((map) => `flush map ${table} ${map}`);
  if (hooksOf(from) !== hooksOf(object) || kept.some((map) => had.get(map) !== wanted.get(map)))
    return [`delete table ${table}`, `create table ${table}`, ...object.script, ...live];
  if (from.shape === object.shape) return [...flush, ...live];
  const gone = (kind: string, before: Iterable<string>, after: ReadonlySet<string>) =>
    [...before].filter((one) => !after.has(one)).map((one) => `delete ${kind} ${table} ${one}`);
  return [
    `flush table ${table}`,
    ...flush,
    ...object.script,
    ...live,
    // Its elements lead to chains that may go with it.
    ...gone('map', had.keys(), new Set(wanted.keys())),
    ...gone('chain', from.chains, new Set(object.chains)),
    ...gone('counter', from.counters, new Set(object.counters)),
  ];
}

/** A table whose packets come from elsewhere, or whose maps hold something else, is made anew. */
const hooksOf = ({ shape }: FirewallObject) =>
  shape
    .split('\n')
    .filter((line) => line.startsWith('hook '))
    .join('\n');

/** Their types by name. */
const mapsOf = ({ shape }: FirewallObject): ReadonlyMap<string, string> =>
  new Map([...shape.matchAll(/^map (\S+) (.*)$/gm)].map(([, map, type]) => [map as string, type as string]));

function liveLines({ table, live }: FirewallObject, now: Milliseconds): string[] {
  const elements = Map.groupBy(
    live.filter(({ until }) => until > now),
    ({ family, address }) => (address === '' ? 'open' : `${address.includes('/') ? 'behind' : 'live'}${family}`),
  );
  return [...elements].map(
    ([map, some]) => `add element inet ${table} ${map} { ${some.map((one) => liveText(one, now)).join(', ')} }`,
  );
}

function liveText({ mark, address, chain, until }: LiveElement, now: Milliseconds): string {
  const ofMark = `0x${mark.toString(16)}`;
  const key = address === '' ? ofMark : address.includes('/') ? address : `${ofMark} . ${address}`;
  return `${key} timeout ${durationText(Math.ceil(until - now))} : goto ${chain}`;
}

/** nft takes no number of more than eight digits. */
function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
    [milliseconds % 1000, 'ms'],
  ] as const;
  return parts
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join('');
}
