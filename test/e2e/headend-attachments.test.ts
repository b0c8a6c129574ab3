// The real headend on the wire: lanes of each attachment, hosts behind a NAT, addresses in quarantine.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childElement, childElements, elementText, type XmlElement } from '@sublane/netconf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Host, type KeyPair, lanesOf, newKey, refusalInfo, textOf } from './headend-host.ts';
import { HeadendProgram } from './headend-program.ts';

const KINDS = ['on-link', 'routed', 'vlan', 'gre', 'ipip', 'vxlan', 'wireguard'] as const;
const EDGE = '203.0.113.250';
const EDGE_KEY = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
const HOST_KEY = 'mDnSGNSO0EZSnuFWpZ3FEZ0dsQW1FGKCmTrXGOgl0Fo=';

/** A class for each attachment, told apart by the rate asked for. */
const PLAN = `name: gold
classes:
${KINDS.map((kind) => `  ${kind}: { dscp: 0, priority: L, upld: { ceiling: 1000 } }`).join('\n')}
rules:
${KINDS.map((kind, index) => `  - { name: ${kind}, when: { bandwidth-max: ${index + 1} }, class: ${kind} }`).join('\n')}
`;

const ATTACH: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  'on-link': [],
  routed: ['--attach', 'routed'],
  vlan: ['--attach', 'vlan', '--vlan', '113'],
  gre: ['--attach', 'tunnel', '--encapsulation', 'gre', '--remote', EDGE, '--key', '7'],
  ipip: ['--attach', 'tunnel', '--encapsulation', 'ipip', '--remote', '2001:db8:ff::1'],
  vxlan: ['--attach', 'tunnel', '--encapsulation', 'vxlan', '--remote', EDGE, '--key', '5000'],
  wireguard: [
    ...['--attach', 'tunnel', '--encapsulation', 'wireguard', '--remote', EDGE, '--public-key', EDGE_KEY],
    ...['--mtu', '1380', '--quarantine-time', '600', '--quarantine-per-host', '1'],
  ],
};

describe('attachments', () => {
  const program = new HeadendProgram();
  let port = 0;
  let hostKey = '';

  const enrol = async (hostId: string): Promise<Host> => {
    const key: KeyPair = newKey(hostId);
    writeFileSync(program.file(`${hostId}.pub`), key.public);
    await program.must('host', 'enrol', hostId, '--subscriber', 'alice', '--key', program.file(`${hostId}.pub`));
    return Host.open(port, hostId, key, hostKey);
  };
  const group = (kind: (typeof KINDS)[number], id = KINDS.indexOf(kind) + 1) =>
    ({ id, direction: 'upld', bandwidth: KINDS.indexOf(kind) + 1, priority: 'L' }) as const;
  const ask = (
    host: Host,
    groups: readonly ReturnType<typeof group>[],
    facts: { readonly key?: string; readonly addresses?: readonly string[] } = {},
  ) =>
    host.call('ietf-subscriber-service-message:subscriber-service-message', {
      'host-id': host.hostId,
      location: 'auto',
      'application-group': groups,
      ...(facts.key !== undefined && { 'sublane-service:wireguard-public-key': facts.key }),
      ...(facts.addresses && { 'sublane-service:host-address': facts.addresses }),
    });
  const poolAdd = (name: string, ...words: readonly string[]) =>
    program.run(['pool', 'add', name, '--class', 'x', '--prefix', '10.99.0.0/24', ...words]);

  beforeAll(async () => {
    hostKey = /SHA256:\S{43}/.exec(await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge'))![0];
    const settings = program.settings().replace('revalidate-replies: false', 'revalidate-replies: true');
    writeFileSync(join(program.folder, 'headend.yaml'), settings);
    port = await program.serve();
    for (const [index, kind] of KINDS.entries())
      await program.must(
        ...[
          'pool',
          'add',
          kind,
          '--class',
          kind,
          '--prefix',
          `10.${index}.0.0/28`,
          '--prefix',
          `2001:db8:${index}::/64`,
        ],
        ...['--gateway', `10.${index}.0.1`, '--gateway', `2001:db8:${index}::1`, ...ATTACH[kind]],
      );
    writeFileSync(program.file('gold.yaml'), PLAN);
    await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
    await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
  });
  afterAll(() => program.dispose());

  it('each in the words of the message', async () => {
    const host = await enrol('laptop');
    const reply = await ask(
      host,
      KINDS.map((kind) => group(kind)),
      { key: HOST_KEY },
    );
    if ('codes' in reply) throw new Error(reply.codes.join());
    const groups = childElements(childElement(reply, 'sp-service-message')!).filter(
      ({ name }) => name === 'application-group',
    );
    const told = groups.map((one) => {
      const access = childElement(one, 'access-interface-cfg')!;
      const tunnel = childElement(access, 'tunnel');
      const [route] = childElements(childElement(one, 'routing-cfg')!).filter(({ name }) => name === 'ipv4-route');
      return {
        type: textOf(access, 'type')?.replace(/^.*:/, ''),
        ...leavesOf(access, 'mtu', 'vlan-id'),
        ...(tunnel && { tunnel: leavesOf(tunnel) }),
        via: textOf(route!, 'next-hop-address'),
      };
    });
    expect(told).toEqual([
      { type: 'propVirtual', via: '10.0.0.1' },
      { type: 'softwareLoopback', via: '10.1.0.1' },
      { type: 'l2vlan', 'vlan-id': '113', via: '10.2.0.1' },
      { type: 'tunnel', tunnel: { encapsulation: 'gre', 'remote-address': EDGE, key: '7' }, via: undefined },
      { type: 'tunnel', tunnel: { encapsulation: 'ipip', 'remote-address': '2001:db8:ff::1' }, via: undefined },
      {
        type: 'tunnel',
        tunnel: { encapsulation: 'vxlan', 'remote-address': EDGE, 'remote-port': '4789', key: '5000' },
        via: '10.5.0.1',
      },
      {
        type: 'tunnel',
        mtu: '1380',
        tunnel: {
          encapsulation: 'wireguard',
          'remote-address': EDGE,
          'remote-port': '51820',
          'public-key': EDGE_KEY,
        },
        via: undefined,
      },
    ]);
    // The key is kept with the one lane that needs it, and shown.
    const { leases } = await program.json<{ leases: Record<string, unknown>[] }>('host', 'show', 'laptop');
    expect(leases.map((lease) => lease['wireguard-public-key'])).toEqual([...Array(6).fill(undefined), HOST_KEY]);
    const { id } = leases.at(-1) as { id: string };
    expect(await program.must('lease', 'show', id)).toContain(`wireguard-public-key: ${HOST_KEY}`);
    await host.client.close();
  });

  it('by WireGuard need the host’s key', async () => {
    const host = await enrol('keyless');
    const refused = await ask(host, [group('wireguard')]);
    expect(refused).toMatchObject({ codes: ['missing-element wireguard-key-missing'] });
    if (!('errors' in refused)) return;
    const [error] = refused.errors;
    expect(error?.info?.map((one) => [one.name, elementText(one)])).toContainEqual([
      'bad-element',
      'wireguard-public-key',
    ]);
    expect(refusalInfo(error!)).toEqual({ 'group-id': '7' });
    expect(await ask(host, [group('wireguard')], { key: HOST_KEY })).toMatchObject({
      codes: ['in-use wireguard-key-in-use'],
    });
    expect(await ask(host, [group('wireguard')], { key: `${'A'.repeat(43)}=` })).toMatchObject({
      codes: ['invalid-value wireguard-key-unusable'],
    });
    await host.client.close();
  });

  it('behind a NAT are WireGuard’s alone', async () => {
    const host = await enrol('behind');
    // Loopback is of this machine: no NAT gives it, whatever the host says of itself.
    expect(await ask(host, [group('on-link')], { addresses: ['192.168.1.23'] })).not.toHaveProperty('codes');
    expect(await program.json('host', 'show', 'behind')).toMatchObject({ 'behind-nat': false });
    await host.client.close();
  });

  it('are refused where they cannot be, by usage and by the headend', async () => {
    const tunnel = ['--attach', 'tunnel', '--encapsulation'];
    for (const [words, message] of [
      [['--attach', 'tunnel'], /^2 .*--encapsulation \(gre, ipip, vxlan, wireguard\) and --remote/],
      [[...tunnel, 'gre'], /^2 .*--remote/],
      [['--remote', EDGE], /^2 .*--remote is a tunnel's; expected --attach tunnel/],
      [['--public-key', EDGE_KEY], /^2 .*--public-key is a tunnel's/],
      [[...tunnel, 'sit', '--remote', EDGE], /^2 .*gre, ipip, vxlan, wireguard/],
      [['--mtu', '1000'], /^2 .*from 1280 to 65535/],
      [[...tunnel, 'wireguard', '--remote', EDGE], /^4 .*WireGuard key.*pool-tunnel-public-key/s],
      [[...tunnel, 'vxlan', '--remote', EDGE], /^4 .*network identifier.*pool-tunnel-key/s],
      [[...tunnel, 'gre', '--remote', EDGE, '--remote-port', '9'], /^4 .*gre has no ports.*pool-tunnel-remote-port/s],
      [[...tunnel, 'ipip', '--remote', EDGE, '--key', '9'], /^4 .*ipip has no number.*pool-tunnel-key/s],
      [[...tunnel, 'ipip', '--remote', '10.99.0.7'], /^4 .*inside its own lanes.*pool-tunnel-remote-address/s],
      [[...tunnel, 'ipip', '--remote', '10.0.0.7'], /^4 .*pool on-link gives to lanes.*pool-tunnel-remote-address/s],
      [[...tunnel, 'ipip', '--remote', '127.0.0.1'], /^4 .*one machine.*pool-tunnel-remote-address/s],
      [[...tunnel, 'ipip', '--remote', 'edge.example'], /edge\.example/],
      [
        [...tunnel, 'wireguard', '--remote', EDGE, '--public-key', HOST_KEY],
        /^4 .*different keys.*pool-tunnel-public-key/s,
      ],
    ] as const) {
      const { code, stderr } = await poolAdd('wrong', ...words);
      expect(`${code} ${stderr}`).toMatch(message);
    }
    expect(await program.json('pool', 'list')).toHaveLength(KINDS.length);
  });

  it('are shown', async () => {
    expect(await program.json('pool', 'show', 'wireguard')).toEqual({
      name: 'wireguard',
      class: 'wireguard',
      prefix: ['10.6.0.0/28', '2001:db8:6::/64'],
      attachment: 'tunnel',
      tunnel: { encapsulation: 'wireguard', 'remote-address': EDGE, 'public-key': EDGE_KEY },
      mtu: 1380,
      gateway: ['10.6.0.1', '2001:db8:6::1'],
      quarantine: { time: 600, 'per-host': 1 },
      capacity: '13',
      held: '1',
      quarantined: '0',
      resting: '0',
      reserved: '0',
    });
    const { stderr } = await program.run([
      'pool',
      'add',
      'bare',
      '--class',
      'x',
      '--prefix',
      '10.99.0.0/24',
      ...ATTACH.vlan,
    ]);
    expect(stderr).toMatch(/note: pool bare: .* no IPv4 gateway/);
    await program.must('pool', 'remove', 'bare');
    expect(await program.must('pool', 'add', '--help')).toMatch(
      /--encapsulation.*--quarantine-per-host.*passes a NAT/s,
    );
  });

  it('conflicts end the lease and withhold its addresses, until an operator releases them', async () => {
    const host = await enrol('unlucky');
    const key = Buffer.alloc(32, 7).toString('base64');
    const take = async (...ids: number[]) => {
      const reply = await ask(
        host,
        ids.map((id) => group('wireguard', id)),
        { key },
      );
      return 'codes' in reply ? reply.codes : Object.values(lanesOf(reply)).map(({ ipv4 }) => ipv4);
    };
    const report = (id: number, ...addresses: string[]) =>
      host.call('sublane-service:report-service', {
        'host-id': host.hostId,
        'application-group': [{ id, state: 'address-conflict', reason: 'seen', 'conflict-address': addresses }],
      });
    expect(await take(1)).toEqual(['10.6.0.3']);
    await report(1, '10.6.0.2', '2001:db8:6::3');
    expect(await program.json('lease', 'list', '--host', 'unlucky')).toEqual([]);
    const { stderr } = await program.run(['lease', 'list', '--host', 'unlucky']);
    expect(stderr).toMatch(/note: the addresses of one more lease are in quarantine/);
    expect(await take(1)).toEqual(['10.6.0.4']);
    // Who has an address, and who said that somebody else has it.
    const by = (address: string, what = ['lease']) => program.json(...what, 'list', '--address', address);
    expect(await by('2001:db8:6:0::4')).toMatchObject([{ 'host-id': 'unlucky', ipv4: '10.6.0.4' }]);
    expect(await by('10.6.0.3')).toEqual([]);
    expect(await by('10.6.0.3', ['pool', 'quarantine'])).toMatchObject([{ 'host-id': 'unlucky' }]);
    expect(await program.json('lease', 'list', '--address', '10.6.0.4', '--host', 'laptop')).toEqual([]);

    expect(await program.json('pool', 'quarantine', 'list', '--pool', 'wireguard')).toMatchObject([
      {
        pool: 'wireguard',
        ipv4: '10.6.0.3',
        ipv6: '2001:db8:6::3',
        'conflict-address': ['2001:db8:6::3'],
        'host-id': 'unlucky',
        'group-id': 1,
        reason: 'seen',
      },
    ]);
    expect(await program.json('pool', 'quarantine', 'list', '--host', 'laptop')).toEqual([]);
    expect(await program.must('pool', 'quarantine', 'list')).toMatch(/wireguard +10\.6\.0\.3 +2001:db8:6::3 .*9 min/);
    expect(await program.json('pool', 'show', 'wireguard')).toMatchObject({ held: '2', quarantined: '1' });
    expect(await program.must('pool', 'list')).toMatch(/QUARANTINED.*\nwireguard .* wireguard +open +2 +1 +13/s);
    expect(await program.json('status')).toMatchObject({
      pool: expect.arrayContaining([
        { name: 'wireguard', held: '2', quarantined: '1', capacity: '13', resting: '0', reserved: '0' },
      ]),
      requests: expect.arrayContaining([{ outcome: 'quarantined', count: '1' }]),
    });

    // One host is not to empty the pool.
    const refused = await report(1, '10.6.0.4');
    expect(refused).toMatchObject({ codes: ['resource-denied quarantine-full'] });
    if ('errors' in refused)
      expect(refusalInfo(refused.errors[0]!)).toMatchObject({ 'group-id': '1', pool: 'wireguard' });
    expect(await program.json('pool', 'show', 'wireguard')).toMatchObject({ held: '2', quarantined: '1' });

    await program.must('pool', 'quarantine', 'release', '10.6.0.3');
    const { code, stderr: unknown } = await program.run(['pool', 'quarantine', 'release', '10.6.0.3']);
    expect(`${code} ${unknown}`).toMatch(/^1 .*no quarantine 10\.6\.0\.3.*pool quarantine list.*quarantine-unknown/s);
    expect(await take(1, 2)).toEqual(['10.6.0.4', '10.6.0.3']);
    const trail = await program.json<{ event: string; subject: string }[]>('audit', '--host', 'unlucky');
    expect(trail.map(({ event, subject }) => `${event} ${subject}`)).toEqual(
      expect.arrayContaining(['address-quarantined unlucky', 'request-refused unlucky', 'quarantine-released local']),
    );
    await host.client.close();
  });

  it('in quarantine stay there when the headend is killed', async () => {
    const host = await enrol('crash');
    const reply = await ask(host, [group('routed')]);
    const { ipv4 } = 'codes' in reply ? { ipv4: undefined } : lanesOf(reply)['2']!;
    await host.call('sublane-service:report-service', {
      'host-id': 'crash',
      'application-group': [{ id: 2, state: 'address-conflict', 'conflict-address': [ipv4!] }],
    });
    await program.stop('SIGKILL');
    port = await program.serve();
    expect(await program.json('pool', 'quarantine', 'list')).toMatchObject([{ pool: 'routed', ipv4 }]);
    expect(await program.json('pool', 'show', 'routed')).toMatchObject({ quarantined: '1' });
  });
});

function leavesOf(element: XmlElement, ...names: readonly string[]): Record<string, string> {
  const leaves = childElements(element).filter(({ name }) => names.length === 0 || names.includes(name));
  return Object.fromEntries(leaves.map((leaf) => [leaf.name, elementText(leaf)]));
}
