import { kilobitsPerSecond, milliseconds, seconds } from '@sublane/basics';
import { childElement, elementText, encodeRpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import type { Refusal, RefusalKind } from './refusal.ts';
import { refusalFacts } from './refusal-facts.ts';
import { refusalToRpcError, SERVICE_NAMESPACE } from './rpc-errors.ts';

const groupId = 7;
const retryAfter = seconds(60);

/** One of each kind; the compiler asks for the new ones. */
const EACH: { readonly [K in RefusalKind]: Extract<Refusal, { kind: K }> } = {
  'unknown-host': { kind: 'unknown-host', hostId: 'laptop' },
  'host-id-mismatch': { kind: 'host-id-mismatch', hostId: 'laptop', sessionHostId: 'phone' },
  'unknown-subscriber': { kind: 'unknown-subscriber', subscriber: 'alice' },
  'wrong-password': { kind: 'wrong-password', subscriber: 'alice' },
  'password-required': { kind: 'password-required', subscriber: 'alice' },
  'password-unreadable': { kind: 'password-unreadable', fault: 'key' },
  'password-misdirected': { kind: 'password-misdirected', field: 'headend' },
  'password-skew': { kind: 'password-skew', headendTime: milliseconds(1_800_000_000_000), limit: seconds(300) },
  'password-replayed': { kind: 'password-replayed' },
  'subscriber-suspended': { kind: 'subscriber-suspended', subscriber: 'alice' },
  'too-many-requests': { kind: 'too-many-requests', retryAfter },
  'authentication-busy': { kind: 'authentication-busy', retryAfter },
  'rate-limited': { kind: 'rate-limited', retryAfter },
  'authority-refused': { kind: 'authority-refused', subscriber: 'alice', text: 'not paid' },
  'plan-not-granted': { kind: 'plan-not-granted', subscriber: 'alice', authority: 'isp' },
  'aaa-away': { kind: 'aaa-away', authority: 'isp', retryAfter },
  'duplicate-group': { kind: 'duplicate-group', groupId, direction: 'upld' },
  'conflicting-directions': { kind: 'conflicting-directions', groupId, field: 'security' },
  'security-profile-unknown': { kind: 'security-profile-unknown', groupId, profile: 'strict' },
  'plan-unknown': { kind: 'plan-unknown', plan: 'gold' },
  'rule-refuses': { kind: 'rule-refuses', groupId, rule: 'no-bulk', text: 'bulk transfers rest at noon' },
  'no-rule': { kind: 'no-rule', groupId, plan: 'gold' },
  'direction-not-offered': {
    kind: 'direction-not-offered',
    groupId,
    rule: 'films',
    class: 'streaming',
    direction: 'upld',
  },
  'over-ceiling': {
    kind: 'over-ceiling',
    groupId,
    rule: 'calls',
    class: 'conversational',
    direction: 'upld',
    asked: kilobitsPerSecond(9000),
    ceiling: kilobitsPerSecond(5000),
  },
  'security-not-offered': {
    kind: 'security-not-offered',
    groupId,
    rule: 'calls',
    class: 'conversational',
    asked: 'open',
    bound: 'strict',
  },
  'quota-exceeded': { kind: 'quota-exceeded', groupId, plan: 'gold', retryAfter },
  'too-many-groups': { kind: 'too-many-groups', groupId, limit: 8, held: 8 },
  'policy-hook-refuses': { kind: 'policy-hook-refuses', groupId, rule: 'calls', reason: 'not on match days' },
  'policy-hook-away': { kind: 'policy-hook-away', retryAfter },
  'no-pool': { kind: 'no-pool', groupId, class: 'streaming', location: 'east' },
  'pool-empty': { kind: 'pool-empty', groupId, pool: 'calls-east', retryAfter },
  'pool-draining': { kind: 'pool-draining', groupId, pool: 'calls-east' },
  'address-unavailable': { kind: 'address-unavailable', groupId, address: '192.0.2.7', why: 'held' },
  'capacity-exceeded': {
    kind: 'capacity-exceeded',
    groupId,
    location: 'vienna',
    direction: 'dnld',
    asked: kilobitsPerSecond(5000),
    left: kilobitsPerSecond(1200),
    retryAfter,
  },
  'lease-unknown': { kind: 'lease-unknown', groupId },
  'request-again': { kind: 'request-again', groupId },
  'behind-nat': { kind: 'behind-nat', groupId, peerAddress: '198.51.100.9' },
  'wireguard-key-missing': { kind: 'wireguard-key-missing', groupId, behindNat: true },
  'wireguard-key-unusable': { kind: 'wireguard-key-unusable' },
  'wireguard-key-in-use': { kind: 'wireguard-key-in-use', groupId },
  'quarantine-full': { kind: 'quarantine-full', groupId, pool: 'calls-east', limit: 8, retryAfter },
  'store-full': { kind: 'store-full', retryAfter },
  'store-read-only': { kind: 'store-read-only' },
  'store-failed': { kind: 'store-failed', message: 'SQLITE_IOERR: disk I/O error' },
  'invitation-unknown': { kind: 'invitation-unknown' },
  'invitation-spent': { kind: 'invitation-spent' },
  'invitation-expired': { kind: 'invitation-expired' },
  'invitation-for-another': { kind: 'invitation-for-another', hostId: 'laptop' },
  'host-id-taken': { kind: 'host-id-taken', hostId: 'laptop' },
  'host-key-taken': { kind: 'host-key-taken' },
  'too-many-invitations': { kind: 'too-many-invitations', subscriber: 'alice', limit: 64 },
  'password-hash-unusable': { kind: 'password-hash-unusable', fault: 'form' },
  'record-unknown': { kind: 'record-unknown', record: 'subscriber', name: 'alice' },
  'record-exists': { kind: 'record-exists', record: 'host', name: 'laptop' },
  'record-in-use': { kind: 'record-in-use', record: 'pool', name: 'calls-east', by: 'lease 4 of host laptop' },
};

test('tags and codes, which programs rely on', () => {
  const facts = Object.values(EACH).map((refusal) => {
    const { tag, code } = refusalFacts(refusal);
    return `${refusal.kind}: ${tag} ${code}`;
  });
  expect(facts).toMatchInlineSnapshot(`
    [
      "unknown-host: access-denied unknown-host",
      "host-id-mismatch: access-denied host-id-mismatch",
      "unknown-subscriber: access-denied authentication-failed",
      "wrong-password: access-denied authentication-failed",
      "password-required: missing-element password-required",
      "password-unreadable: invalid-value password-unreadable",
      "password-misdirected: access-denied password-misdirected",
      "password-skew: access-denied password-skew",
      "password-replayed: access-denied password-replayed",
      "subscriber-suspended: access-denied subscriber-suspended",
      "too-many-requests: resource-denied too-many-requests",
      "authentication-busy: resource-denied authentication-busy",
      "rate-limited: resource-denied rate-limited",
      "authority-refused: access-denied authentication-failed",
      "plan-not-granted: operation-failed plan-not-granted",
      "aaa-away: resource-denied aaa-away",
      "duplicate-group: bad-element duplicate-group",
      "conflicting-directions: invalid-value conflicting-directions",
      "security-profile-unknown: invalid-value security-profile-unknown",
      "plan-unknown: operation-failed plan-unknown",
      "rule-refuses: access-denied rule-refuses",
      "no-rule: access-denied no-rule",
      "direction-not-offered: access-denied direction-not-offered",
      "over-ceiling: access-denied over-ceiling",
      "security-not-offered: access-denied security-not-offered",
      "quota-exceeded: resource-denied quota-exceeded",
      "too-many-groups: access-denied too-many-groups",
      "policy-hook-refuses: access-denied policy-hook-refuses",
      "policy-hook-away: resource-denied policy-hook-away",
      "no-pool: resource-denied no-pool",
      "pool-empty: resource-denied pool-empty",
      "pool-draining: resource-denied pool-draining",
      "address-unavailable: resource-denied address-unavailable",
      "capacity-exceeded: resource-denied capacity-exceeded",
      "lease-unknown: data-missing lease-unknown",
      "request-again: data-missing request-again",
      "behind-nat: resource-denied behind-nat",
      "wireguard-key-missing: missing-element wireguard-key-missing",
      "wireguard-key-unusable: invalid-value wireguard-key-unusable",
      "wireguard-key-in-use: in-use wireguard-key-in-use",
      "quarantine-full: resource-denied quarantine-full",
      "store-full: resource-denied store-full",
      "store-read-only: operation-failed store-read-only",
      "store-failed: operation-failed store-failed",
      "invitation-unknown: access-denied invitation-unknown",
      "invitation-spent: access-denied invitation-spent",
      "invitation-expired: access-denied invitation-expired",
      "invitation-for-another: access-denied invitation-for-another",
      "host-id-taken: in-use host-id-taken",
      "host-key-taken: in-use host-key-taken",
      "too-many-invitations: resource-denied too-many-invitations",
      "password-hash-unusable: invalid-value password-hash-unusable",
      "record-unknown: data-missing subscriber-unknown",
      "record-exists: data-exists host-exists",
      "record-in-use: in-use pool-in-use",
    ]
  `);
});

test('who set a ceiling is said', () => {
  expect(refusalFacts(EACH['over-ceiling']).message).toContain('class conversational gives at most 5000.');
  expect(refusalFacts({ ...EACH['over-ceiling'], authority: 'isp' }).message).toContain(
    'authority isp gives this subscriber at most 5000.',
  );
});

test('no two kinds share a code, but those that must look alike', () => {
  const codes = Object.values(EACH)
    .filter(({ kind }) => kind !== 'wrong-password' && kind !== 'authority-refused')
    .map((refusal) => refusalFacts(refusal).code);
  expect(new Set(codes).size).toBe(codes.length);
});

test('an unknown subscriber and a wrong password cannot be told apart', () => {
  expect(refusalToRpcError(EACH['unknown-subscriber'])).toEqual(refusalToRpcError(EACH['wrong-password']));
});

describe.each(Object.values(EACH).map((refusal) => [refusal.kind, refusal] as const))('%s', (_, refusal) => {
  const error = refusalToRpcError(refusal);

  test('is an application error with a code, and a sentence or two that end', () => {
    expect(error).toMatchObject({ type: 'application', severity: 'error', appTag: expect.stringMatching(/^[a-z-]+$/) });
    expect(error.message).toMatch(/^[A-Za-z].{20,}([.)]|[A-Za-z"])$/);
    expect(error.message).not.toMatch(/undefined|\[object|NaN/);
  });

  test('names its group, rule, pool and time in error-info', () => {
    const info = error.info?.find(({ name, namespace }) => name === 'refusal' && namespace === SERVICE_NAMESPACE);
    const leaf = (name: string) => {
      const element = info && childElement(info, name, SERVICE_NAMESPACE);
      return element && elementText(element);
    };
    const text = (value: unknown) => (value === undefined ? undefined : String(value));
    expect(leaf('group-id')).toBe('groupId' in refusal ? text(refusal.groupId) : undefined);
    expect(leaf('rule')).toBe('rule' in refusal ? refusal.rule : undefined);
    expect(leaf('retry-after')).toBe('retryAfter' in refusal ? text(refusal.retryAfter) : undefined);
    if ('pool' in refusal) expect(leaf('pool')).toBe(refusal.pool);
  });

  test('can be written', () => {
    expect(encodeRpcError(error)).toContain(`<error-app-tag>${error.appTag}</error-app-tag>`);
  });
});

test('the leaf to blame is named where it is a leaf of the request', () => {
  expect(refusalToRpcError(EACH['over-ceiling']).path?.xpath).toBe(
    "/nc:rpc/ssm:subscriber-service-message/ssm:application-group[ssm:id='7']/ssm:bandwidth",
  );
  expect(refusalToRpcError(EACH['password-skew']).path?.xpath).toBe(
    '/nc:rpc/ssm:subscriber-service-message/ssm:user-password',
  );
  expect(refusalToRpcError(EACH['wireguard-key-missing'])).toMatchObject({
    path: {
      xpath: '/nc:rpc/ssm:subscriber-service-message/sl:wireguard-public-key',
      namespaces: { sl: SERVICE_NAMESPACE },
    },
  });
  expect(encodeRpcError(refusalToRpcError(EACH['wireguard-key-missing']))).toContain(
    '<bad-element>wireguard-public-key</bad-element>',
  );
  expect(refusalToRpcError(EACH['pool-empty']).path).toBeUndefined();
});

test('the headend’s time is in what it says of a skewed clock', () => {
  expect(refusalToRpcError(EACH['password-skew']).message).toContain('2027-01-15T08:00:00.000Z');
});
