import { bytes, kilobitsPerSecond, milliseconds, seconds, unwrap } from '@sublane/basics';
import { encodeReply, openContext } from '@sublane/yang';
import fc from 'fast-check';
import { Libyang } from 'libyang-wasm';
import { describe, expect, test } from 'vitest';
import { NO_AAA } from '../aaa/aaa-configuration.ts';
import type { Configuration } from '../policy/configuration.ts';
import type { Plan } from '../policy/plan.ts';
import { createPool } from '../pools/create-pool.ts';
import { delegatedAt } from '../pools/delegation.ts';
import { formatPrefix } from '../pools/ip-address.ts';
import type { AttachmentSettings, TunnelSettings } from '../pools/pool.ts';
import { addressTextsAt, nextIndex } from '../pools/pool-shape.ts';
import type { Lease } from '../store/records.ts';
import { lifetimesOf } from './lifetimes.ts';
import { renderMessage } from './render-message.ts';

const context = openContext(Libyang.load(), 'headend');
const RPC = 'ietf-subscriber-service-message:subscriber-service-message';
const NOW = milliseconds(1_800_000_000_000);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rate = fc.integer({ min: 1, max: 4_294_967_295 });
const priority = fc.constantFrom('H', 'M', 'L');
const routes = fc.subarray([
  { to: '198.51.100.0/24' },
  { to: '198.51.100.77/24', via: '203.0.113.9' },
  { to: '0.0.0.0/0', via: '203.0.113.8' },
  { to: '2001:db8:100::/48' },
  { to: '2001:DB8:200::/48', via: '2001:db8:1::9' },
]);
const remote = fc.constantFrom('198.51.99.1', '2001:db8:ff::1');
const port = optional(fc.integer({ min: 1, max: 65_535 }));
const tunnel: fc.Arbitrary<TunnelSettings> = fc.oneof(
  fc.record({ encapsulation: fc.constant('gre' as const), remote, key: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ encapsulation: fc.constantFrom('gre' as const, 'ipip' as const), remote }),
  fc.record({ encapsulation: fc.constant('vxlan' as const), remote, key: fc.integer({ min: 0, max: 2 ** 24 - 1 }) }),
  fc
    .tuple(remote, port, fc.uint8Array({ minLength: 32, maxLength: 32 }))
    .filter(([, , bytes]) => bytes.some((byte) => byte !== 0))
    .map(([end, udp, bytes]) => ({
      encapsulation: 'wireguard' as const,
      remote: end,
      ...(udp !== undefined && { port: udp }),
      publicKey: Buffer.from(bytes).toString('base64'),
    })),
);
const attachment: fc.Arbitrary<AttachmentSettings> = fc.oneof(
  fc.constantFrom<AttachmentSettings>({ kind: 'on-link' }, { kind: 'routed' }, { kind: 'vlan', vlanId: 4094 }),
  tunnel.map((settings) => ({ kind: 'tunnel' as const, tunnel: settings })),
);
const situation = fc.record({
  attachment,
  mtu: optional(fc.integer({ min: 1280, max: 65_535 })),
  prefixes: fc.constantFrom<readonly string[]>(['192.0.2.0/24'], ['2001:db8::/64'], ['192.0.2.0/24', '2001:db8::/64']),
  gateways: fc.boolean(),
  dns: fc.subarray(['192.0.2.53', '2001:db8::53']),
  checks: fc.subarray(['192.0.2.99', '2001:db8::99']),
  scope: fc.constantFrom('internal' as const, 'external' as const),
  ofClass: routes,
  ofPlan: routes,
  groupId: fc.integer({ min: 1, max: 65_535 }),
  dscp: fc.integer({ min: 0, max: 63 }),
  priority,
  upld: optional(rate),
  dnld: optional(rate),
  burst: optional(fc.integer({ min: 1514, max: 4_294_967_295 })),
  applications: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' }), { maxLength: 4 }),
  security: fc.constantFrom(undefined, 'strict', 'plain'),
  left: fc.integer({ min: 0, max: 100_000 }),
  valid: fc.integer({ min: 60, max: 4_294_967_295 }),
  renewAt: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  draining: fc.boolean(),
  delegates: fc.boolean(),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

function configurationOf(s: Situation): Configuration {
  const gateways = s.gateways ? ['192.0.2.1', '2001:db8::1'].slice(...familiesOf(s)) : [];
  const pool = unwrap(
    createPool({
      name: 'p',
      class: 'c',
      prefixes: s.prefixes,
      attachment: s.attachment,
      ...(s.mtu !== undefined && { mtu: s.mtu }),
      gateways,
      dns: s.dns,
      checks: s.checks,
      excludes: [],
      adminState: s.draining ? 'draining' : 'open',
      ...(delegates(s) && { delegated: { prefix: '2001:db8:100::/40', length: 56 } }),
    }),
  );
  const service = { name: 'c', dscp: s.dscp, priority: s.priority, scope: s.scope, routes: s.ofClass } as const;
  const plan: Plan = {
    name: 'gold',
    classes: new Map([['c', service as never]]),
    rules: [],
    lease: { valid: seconds(s.valid), renewAt: s.renewAt },
    groupsMax: 8,
    routes: s.ofPlan,
  };
  return {
    timeZone: 'UTC',
    locations: new Map(),
    pools: new Map([['p', pool]]),
    securityProfiles: new Map([
      ['plain', { name: 'plain' }],
      [
        'strict',
        {
          name: 'strict',
          isolated: true,
          whenDown: 'host',
          permits: [
            { name: 'web', destination: '198.51.100.0/24', protocol: 6, lowerPort: 80, upperPort: 443 },
            { name: 'all' },
          ],
        },
      ],
    ]),
    plans: new Map([['gold', plan]]),
    aaa: NO_AAA,
  };
}

/** Where among [IPv4, IPv6] the pool's families begin and end. */
const familiesOf = ({ prefixes }: Situation): [number, number] => [
  prefixes.includes('192.0.2.0/24') ? 0 : 1,
  prefixes.includes('2001:db8::/64') ? 2 : 1,
];

/** Only what is routed to the host, and has an IPv6 address, can have prefixes too. */
const delegates = ({ delegates: wished, attachment: { kind }, prefixes }: Situation): boolean =>
  wished && kind === 'routed' && prefixes.includes('2001:db8::/64');

function leaseOf(s: Situation, configuration: Configuration): Lease {
  const { shape } = configuration.pools.get('p')!;
  const index = nextIndex(shape, 7) ?? 0;
  const laneRate = (value: number) => ({
    rate: kilobitsPerSecond(value),
    ...(s.burst !== undefined && { burst: bytes(s.burst) }),
  });
  return {
    id: '42',
    hostId: 'laptop',
    groupId: s.groupId,
    subscriber: 'alice',
    plan: 'gold',
    class: 'c',
    rule: 'r',
    pool: 'p',
    index,
    ...addressTextsAt(shape, index),
    ...(shape.delegated && { delegatedPrefix: formatPrefix(delegatedAt(shape.delegated, index)) }),
    dscp: s.dscp,
    priority: s.priority as never,
    ...(s.upld !== undefined && { upld: laneRate(s.upld) }),
    ...(s.dnld !== undefined && { dnld: laneRate(s.dnld) }),
    applications: s.applications,
    placedAt: milliseconds(0),
    ...(s.security !== undefined && { security: s.security }),
    guaranteed: true,
    state: 'active',
    authority: 'embedded',
    recalled: false,
    grantedAt: NOW,
    validUntil: milliseconds(NOW + s.left * 1000),
  };
}

test('whatever is granted, libyang finds the message valid and reads what was meant', () => {
  fc.assert(
    fc.property(situation, (s) => {
      const configuration = configurationOf(s);
      const lease = leaseOf(s, configuration);
      const message = renderMessage('laptop', [lease], configuration, NOW);
      const inside = encodeReply(RPC, { 'ietf-portal-backend-message:sp-service-message': message });
      const xml = `<rpc-reply message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${inside}</rpc-reply>`;
      const read = unwrap(context.readReply('ietf-subscriber-service-message', 'subscriber-service-message', xml));
      const [group] = message['application-group'] ?? [];
      expect(group?.['access-interface-cfg'].ipv6?.['delegated-prefix']).toEqual(
        delegates(s) ? ['2001:db8:100:700::/56'] : undefined,
      );
      expect(read.output).toMatchObject({
        'ietf-portal-backend-message:sp-service-message': JSON.parse(JSON.stringify(message)),
      });
    }),
    { numRuns: 300 },
  );
});

describe('lifetimes', () => {
  const times = { valid: seconds(3600), renewAt: 0.25 };
  const left = (count: number, adminState: 'open' | 'draining' = 'open') =>
    lifetimesOf({ validUntil: milliseconds(NOW + count * 1000) }, times, { adminState }, NOW);

  test('renewal is due at the same point of the term, whenever it is asked for', () => {
    expect(left(3600)).toEqual({ valid: 3600, renewAfter: 900 });
    expect(left(3000)).toEqual({ valid: 3000, renewAfter: 300 });
    expect(left(2700)).toEqual({ valid: 2700, renewAfter: 0 });
    expect(left(1)).toEqual({ valid: 1, renewAfter: 0 });
  });

  test('never before the end where renewing gains nothing', () => {
    expect(left(3600, 'draining')).toEqual({ valid: 3600, renewAfter: 3599 });
    expect(left(1, 'draining')).toEqual({ valid: 1, renewAfter: 0 });
  });

  test('renewal always comes before the end, and never after it would be due', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 10_000 }), fc.boolean(), (count, draining) => {
        const { valid, renewAfter } = left(count, draining ? 'draining' : 'open');
        expect(valid).toBe(Math.max(1, count));
        expect(renewAfter).toBeGreaterThanOrEqual(0);
        expect(renewAfter).toBeLessThan(valid);
      }),
    );
  });
});
