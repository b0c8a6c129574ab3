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
  if (structureOf(from) !== structureOf(object))
    return [`delete table ${table}`, `create table ${table}`, ...object.script, ...live];
  if (from.shape === object.shape) return [...flushLive(object), ...live];
  return [
    `flush table ${table}`,
    ...flushLive(object),
    ...object.script,
    ...live,
    ...from.chains.filter((chain) => !object.chains.includes(chain)).map((chain) => `delete chain ${table} ${chain}`),
    ...from.counters
      .filter((counter) => !object.counters.includes(counter))
      .map((counter) => `delete counter ${table} ${counter}`),
  ];
}

/** Hooks, maps and their types: a table that differs there is made anew. */
const structureOf = ({ shape }: FirewallObject) =>
  shape
    .split('\n')
    .filter((line) => !line.startsWith('rules ') && !line.startsWith('counter '))
    .join('\n');

const flushLive = ({ table, shape }: FirewallObject) =>
  [...shape.matchAll(/^map (\S+)/gm)].map(([, map]) => `flush map inet ${table} ${map}`);

function liveLines({ table, live }: FirewallObject, now: Milliseconds): string[] {
  const elements = Map.groupBy(
    live.filter(({ until }) => until > now),
    ({ family, address }) => `${address.includes('/') ? 'behind' : 'live'}${family}`,
  );
  return [...elements].map(
    ([map, some]) => `add element inet ${table} ${map} { ${some.map((one) => liveText(one, now)).join(', ')} }`,
  );
}

const liveText = ({ mark, address, chain, until }: LiveElement, now: Milliseconds) =>
  `${address.includes('/') ? '' : `0x${mark.toString(16)} . `}${address} timeout ${durationText(Math.ceil(until - now))} : goto ${chain}`;

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
