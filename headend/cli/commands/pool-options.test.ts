import { failed, ok } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { changedPool, type PoolOptions, poolEntry } from './pool-options.ts';

const OPTIONS: PoolOptions = { class: 'calls', prefix: ['192.0.2.0/24'], attach: 'on-link' };
const PRESENT = {
  name: 'calls',
  class: 'calls',
  prefix: ['192.0.2.0/24'],
  attachment: 'routed',
  'admin-state': 'draining',
  exclude: ['192.0.2.9'],
  reservation: [{ address: '192.0.2.7', subscriber: 'alice' }],
  quarantine: { time: 60 },
} as const;

test('a new pool has what its options say, and nothing else', () => {
  expect(poolEntry('calls', OPTIONS)).toEqual(
    ok({ name: 'calls', class: 'calls', prefix: ['192.0.2.0/24'], attachment: 'on-link' }),
  );
  const all = poolEntry('sites', {
    ...OPTIONS,
    attach: 'routed',
    delegated: '2001:db8:100::/40/56',
    reserve: ['192.0.2.7=alice', '2001:db8::8=bob@example.net/bobs-phone/3'],
    rest: 0,
    warnAt: 80,
    quarantinePerSubscriber: 4,
  });
  expect(all).toMatchObject(
    ok({
      delegated: { prefix: '2001:db8:100::/40', length: 56 },
      reservation: [
        { address: '192.0.2.7', subscriber: 'alice' },
        { address: '2001:db8::8', subscriber: 'bob@example.net', 'host-id': 'bobs-phone', 'group-id': 3 },
      ],
      rest: 0,
      'warn-at': 80,
      quarantine: { 'per-subscriber': 4 },
    }),
  );
});

test('what is set replaces what there was of its kind, and leaves the rest', () => {
  expect(changedPool(PRESENT, { prefix: ['192.0.2.0/23'], reserve: ['192.0.2.8=bob'], quarantinePerHost: 2 })).toEqual(
    ok({
      ...PRESENT,
      prefix: ['192.0.2.0/23'],
      reservation: [{ address: '192.0.2.8', subscriber: 'bob' }],
      quarantine: { time: 60, 'per-host': 2 },
    }),
  );
  expect(changedPool(PRESENT, {})).toEqual(ok(PRESENT));
});

describe('what cannot be read is usage, with what was expected', () => {
  test.each([
    [{ prefix: ['192.0.2.0'] }, /--prefix 192\.0\.2\.0: expected a prefix/],
    [{ delegated: '2001:db8:100::/40' }, /PREFIX\/LENGTH\/LENGTH-OF-EACH/],
    [{ delegated: '2001:db8:100::/40/' }, /PREFIX\/LENGTH\/LENGTH-OF-EACH/],
    [{ delegated: '56' }, /PREFIX\/LENGTH\/LENGTH-OF-EACH/],
    [{ reserve: ['192.0.2.7'] }, /ADDRESS=SUBSCRIBER/],
    [{ reserve: ['=alice'] }, /ADDRESS=SUBSCRIBER/],
    [{ reserve: ['192.0.2.7=alice/'] }, /ADDRESS=SUBSCRIBER/],
    [{ reserve: ['192.0.2.7=alice/phone/0'] }, /ADDRESS=SUBSCRIBER/],
    [{ reserve: ['192.0.2.7=alice/phone/x'] }, /ADDRESS=SUBSCRIBER/],
    [{ reserve: ['192.0.2.7=alice/phone/1/2'] }, /ADDRESS=SUBSCRIBER/],
  ])('%j', (options, message) => {
    expect(changedPool(PRESENT, options)).toEqual(failed({ kind: 'usage', message: expect.stringMatching(message) }));
  });
});
