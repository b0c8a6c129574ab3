import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { type FirewallLane, renderFirewall } from './render-firewall.ts';

const lane = (groupId: number, more: Partial<FirewallLane> = {}): FirewallLane => ({
  groupId,
  mark: 0x5b000000 + groupId,
  addresses: [{ family: 4, address: `192.0.2.${groupId}` }],
  behind: [],
  destinations: [],
  unmatched: 'unreachable',
  blocks: false,
  dscp: 0,
  permit: [],
  isolated: false,
  tunnelled: false,
  validUntil: milliseconds(1_000_000),
  ...more,
});

/** The rules of a chain, in order, without their digests. */
const rulesOf = (lanes: readonly FirewallLane[], chain: string) =>
  renderFirewall('sublane', lanes, []).script.flatMap((line) => {
    const rule = line.split(`add rule inet sublane ${chain} `)[1];
    return rule === undefined ? [] : [rule.replace(/ comment "[^"]*"$/, '')];
  });

test('whatever is looked up, a stray ends at a rule that needs no lookup', () => {
  const lanes = [lane(1), lane(2, { unmatched: 'host' })];
  expect(rulesOf(lanes, 'refused').at(-1)).toBe('drop');
  const leave = rulesOf(lanes, 'leave');
  const jump = leave.indexOf('meta mark & 0xffff0000 == 0x5b000000 jump missed');
  expect(jump).toBeGreaterThan(leave.findIndex((rule) => rule.startsWith('meta mark vmap')));
  expect(rulesOf(lanes, 'missed')).toEqual(['meta mark 0x5b000001 drop', 'meta mark 0x5b000002 drop']);
});

test('what goes the host’s way while the lease lasts ends with it, where the group is to be blocked', () => {
  const open = lane(3, { unmatched: 'host', destinations: [{ family: 4, network: 0xc6336400n, length: 24 }] });
  const looked = (one: FirewallLane) => rulesOf([one], 'leave').filter((rule) => rule.startsWith('meta mark vmap'));
  expect(looked(open)).toEqual(['meta mark vmap { 0x5b000003 : goto stray-3 }']);
  const closed = { ...open, blocks: true };
  expect(looked(closed)).toEqual(['meta mark vmap @open', 'meta mark vmap { 0x5b000003 : goto stray }']);
  expect(renderFirewall('sublane', [closed], []).live).toContainEqual({
    mark: 0x5b000003,
    family: 4,
    address: '',
    chain: 'stray-3',
    until: 1_000_000,
  });
});

test('what a tunnel carries gets a mark that no group has, after it was counted', () => {
  const marks = (one: FirewallLane) => rulesOf([one], 'lane-7').filter((rule) => rule.startsWith('meta mark set'));
  expect(marks(lane(7, { tunnelled: true }))).toEqual(['meta mark set 0x5b00ffff']);
  expect(rulesOf([lane(7, { tunnelled: true })], 'lane-7').at(-2)).toBe('counter name up-7');
  expect(marks(lane(7))).toEqual([]);
});
