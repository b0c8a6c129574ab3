// The books that judge a headend catch what they are for.
import { beforeEach, expect, it } from 'vitest';
import { type HeldLane, LeaseLedger } from './lease-ledger.ts';

const lane = (leaseId: string, more: Partial<HeldLane> = {}): HeldLane => ({
  leaseId,
  ipv4: `192.0.2.${leaseId}`,
  ipv6: `2001:db8::${leaseId}`,
  dscp: 46,
  upld: 1000,
  ...more,
});
const wish = (groupId: number, more = {}) => ({ groupId, dscp: 46, upld: 1000, ...more });
const leases = (a: readonly (readonly [number, HeldLane])[], b: readonly (readonly [number, HeldLane])[] = []) =>
  new Map([
    ['a', new Map(a)],
    ['b', new Map(b)],
  ]);

let ledger: LeaseLedger;
beforeEach(() => {
  ledger = new LeaseLedger();
  ledger.sent('a', { kind: 'request', lanes: [wish(1)] });
  ledger.acknowledged('a', new Map([[1, lane('7')]]));
  expect(ledger.violations).toEqual([]);
});

it('is content with what was acknowledged', () => {
  ledger.found(leases([[1, lane('7')]]));
  expect(ledger.violations).toEqual([]);
});

it.each([
  ['a lost lease', leases([])],
  ['another address', leases([[1, lane('7', { ipv4: '192.0.2.8' })]])],
  ['another lease', leases([[1, lane('8', { ipv4: '192.0.2.7', ipv6: '2001:db8::7' })]])],
  ['other terms', leases([[1, lane('7', { upld: 500 })]])],
  [
    'a lane nobody asked for',
    leases([
      [1, lane('7')],
      [2, lane('8')],
    ]),
  ],
])('finds %s', (_, found) => {
  ledger.found(found);
  expect(ledger.violations).toHaveLength(1);
});

it('finds an address given twice, at once and after a restart', () => {
  ledger.sent('b', { kind: 'request', lanes: [wish(1)] });
  ledger.acknowledged('b', new Map([[1, lane('8', { ipv6: '2001:db8::7' })]]));
  expect(ledger.violations).toEqual(['2001:db8::7 is held by a group 1 and b group 1']);
  ledger.found(leases([[1, lane('7')]], [[1, lane('8', { ipv6: '2001:db8::7' })]]));
  expect(ledger.violations).toHaveLength(2);
});

it('finds a released lane that is back', () => {
  ledger.sent('a', { kind: 'release', groupIds: [1] });
  ledger.acknowledged('a');
  ledger.found(leases([[1, lane('7')]]));
  expect(ledger.violations).toHaveLength(1);
});

it('lets another host have an address from when its release was sent', () => {
  ledger.sent('a', { kind: 'release', groupIds: [1] });
  ledger.sent('b', { kind: 'request', lanes: [wish(1)] });
  ledger.acknowledged('b', new Map([[1, lane('7')]]));
  expect(ledger.violations).toEqual([]);
});

it('finds an address in quarantine that is given, or that is forgotten', () => {
  ledger.sent('a', { kind: 'conflict', groupIds: [1] });
  ledger.acknowledged('a');
  ledger.foundWithheld(new Set(['192.0.2.7', '2001:db8::7']));
  expect(ledger.violations).toEqual([]);
  ledger.foundWithheld(new Set(['192.0.2.7']));
  expect(ledger.violations).toEqual(['2001:db8::7 is not in quarantine any more']);
  ledger.sent('b', { kind: 'request', lanes: [wish(1)] });
  ledger.acknowledged('b', new Map([[1, lane('8', { ipv4: '192.0.2.7' })]]));
  expect(ledger.violations[1]).toBe('192.0.2.7 is in quarantine and held by b group 1');
});

it('takes a conflict in doubt by what is found: the lease, or its addresses in quarantine', () => {
  ledger.sent('a', { kind: 'conflict', groupIds: [1] });
  ledger.found(leases([[1, lane('7')]]));
  ledger.foundWithheld(new Set());
  ledger.sent('a', { kind: 'conflict', groupIds: [1] });
  ledger.found(leases([]));
  expect(ledger.violations).toEqual([]);
  ledger.foundWithheld(new Set());
  expect(ledger.violations).toHaveLength(2);
});

it('lets an address be given again that an operator released', () => {
  ledger.sent('a', { kind: 'conflict', groupIds: [1] });
  ledger.acknowledged('a');
  ledger.released('192.0.2.7', '2001:db8::7');
  ledger.foundWithheld(new Set());
  ledger.sent('b', { kind: 'request', lanes: [wish(1)] });
  ledger.acknowledged('b', new Map([[1, lane('7')]]));
  expect(ledger.violations).toEqual([]);
});

it('takes what is in doubt either way, but not by halves', () => {
  const open = () => ledger.sent('a', { kind: 'request', lanes: [wish(2), wish(3)] });
  open();
  ledger.found(leases([[1, lane('7')]]));
  open();
  ledger.found(
    leases([
      [1, lane('7')],
      [2, lane('8')],
      [3, lane('9')],
    ]),
  );
  expect(ledger.violations).toEqual([]);
  ledger.sent('a', { kind: 'release', groupIds: [2, 3] });
  ledger.found(
    leases([
      [1, lane('7')],
      [3, lane('9')],
    ]),
  );
  expect(ledger.violations).toHaveLength(1);
});

it('finds an answer that moves a lane without need', () => {
  ledger.sent('a', { kind: 'request', lanes: [wish(1, { upld: 500 })] });
  ledger.acknowledged('a', new Map([[1, lane('8', { upld: 500 })]]));
  expect(ledger.violations).toHaveLength(1);
});
