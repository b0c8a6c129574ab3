import { failed, ok, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { createPool } from './create-pool.ts';
import type { PoolSettings, TunnelSettings } from './pool.ts';
import { poolSettings } from './pool-settings.fixture.ts';
import { createTunnel, isPointToPoint, isSegment, isWireguard, isWireguardKey } from './tunnel.ts';

const KEY = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
const remote = '198.51.100.1';

describe('a tunnel', () => {
  test.each<[TunnelSettings, object]>([
    [
      { encapsulation: 'gre', remote },
      { encapsulation: 'gre', remote },
    ],
    [
      { encapsulation: 'gre', remote, key: 4_294_967_295 },
      { encapsulation: 'gre', remote, key: 4_294_967_295 },
    ],
    [
      { encapsulation: 'ipip', remote: '2001:DB8:0::1' },
      { encapsulation: 'ipip', remote: '2001:db8::1' },
    ],
    [
      { encapsulation: 'vxlan', remote, key: 0 },
      { encapsulation: 'vxlan', remote, port: 4789, identifier: 0 },
    ],
    [
      { encapsulation: 'vxlan', remote, key: 16_777_215, port: 8472 },
      { encapsulation: 'vxlan', remote, port: 8472, identifier: 16_777_215 },
    ],
    [
      { encapsulation: 'wireguard', remote, publicKey: KEY },
      { encapsulation: 'wireguard', remote, port: 51_820, publicKey: KEY },
    ],
  ])('%j has its defaults', (settings, tunnel) => expect(createTunnel(settings)).toEqual(ok(tunnel)));

  test.each<[TunnelSettings, string[]]>([
    [{ encapsulation: 'gre', remote, port: 1 }, ['remote-port']],
    [{ encapsulation: 'gre', remote, publicKey: KEY }, ['public-key']],
    [{ encapsulation: 'ipip', remote, key: 0, port: 1 }, ['remote-port', 'key']],
    [{ encapsulation: 'vxlan', remote }, ['key']],
    [{ encapsulation: 'vxlan', remote, key: 16_777_216 }, ['key']],
    [{ encapsulation: 'vxlan', remote, key: 1, publicKey: KEY }, ['public-key']],
    [{ encapsulation: 'wireguard', remote }, ['public-key']],
    [{ encapsulation: 'wireguard', remote, publicKey: 'AAAA' }, ['public-key']],
    [{ encapsulation: 'wireguard', remote, publicKey: KEY, key: 7 }, ['key']],
    [{ encapsulation: 'wireguard', remote: 'edge' }, ['remote-address', 'public-key']],
    ...[
      '0.0.0.0',
      '127.0.0.1',
      '224.0.0.5',
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:192.0.2.1',
      'fe80::1',
      'ff02::1',
    ].map((nobody): [TunnelSettings, string[]] => [{ encapsulation: 'ipip', remote: nobody }, ['remote-address']]),
  ])('%j is refused at %j', (settings, leaves) => {
    const created = createTunnel(settings);
    expect(created).toMatchObject(failed(leaves.map((leaf) => ({ leaf: `tunnel/${leaf}` }))));
    for (const { message } of created.ok ? [] : created.failure) expect(message).toMatch(/expected \w/);
  });
});

test.each([
  ['of 32 bytes', KEY, true],
  ['of all zeros', `${'A'.repeat(43)}=`, false],
  ['with bits beyond its end', 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykx=', false],
  ['of 31 bytes', 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8yg==', false],
  ['of none', '', false],
])('a key %s', (_, text, usable) => expect(isWireguardKey(text)).toBe(usable));

describe('a pool in a tunnel', () => {
  const settings = (more: Partial<PoolSettings>) =>
    poolSettings('afar', {
      prefixes: ['192.0.2.0/24', '2001:db8::/64'],
      attachment: { kind: 'tunnel', tunnel: { encapsulation: 'gre', remote } },
      ...more,
    });

  test('is attached by the tunnel as it was read', () => {
    const { attachment } = unwrap(createPool(settings({})));
    expect(attachment).toEqual({ kind: 'tunnel', tunnel: { encapsulation: 'gre', remote } });
    expect([isPointToPoint(attachment), isWireguard(attachment)]).toEqual([true, false]);
  });

  test.each(['192.0.2.1', '2001:db8::ffff'])('cannot end at %s, which is one of its own addresses', (own) => {
    const attachment = { kind: 'tunnel', tunnel: { encapsulation: 'ipip', remote: own } } as const;
    expect(createPool(settings({ attachment }))).toMatchObject(
      failed([{ leaf: 'tunnel/remote-address', value: own, message: expect.stringContaining('its own lanes') }]),
    );
  });

  test('has the tunnel’s faults among its own', () => {
    const attachment = { kind: 'tunnel', tunnel: { encapsulation: 'vxlan', remote } } as const;
    const created = createPool(settings({ attachment, dns: ['nowhere'] }));
    expect(!created.ok && created.failure.map(({ leaf }) => leaf)).toEqual(['dns', 'tunnel/key']);
  });
});

test('segments are not point to point', () => {
  expect([isPointToPoint({ kind: 'vlan', vlanId: 7 }), isSegment({ kind: 'vlan', vlanId: 7 })]).toEqual([false, true]);
  expect([isPointToPoint({ kind: 'on-link' }), isSegment({ kind: 'on-link' })]).toEqual([false, false]);
  const tunnel = { encapsulation: 'vxlan', remote, port: 4789, identifier: 1 } as const;
  expect([isPointToPoint({ kind: 'tunnel', tunnel }), isSegment({ kind: 'tunnel', tunnel })]).toEqual([false, true]);
});
