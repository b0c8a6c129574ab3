// The real headend: what an operator does to a pool under its leases, and what hosts see of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childElement, elementText } from '@sublane/netconf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Host, newKey } from './headend-host.ts';
import { HeadendProgram } from './headend-program.ts';

const PLAN = `name: gold
default-class: calls
classes:
  calls: { dscp: 46, priority: H, upld: { ceiling: 1000 } }
`;

/** Not what the lease has. */
const ELSEWHERE = ['--reserve', '192.0.2.1=bob'];

describe('pools', () => {
  const program = new HeadendProgram();
  let host: Host;
  const failure = async (...words: readonly string[]) => {
    const { code, stderr } = await program.run(['pool', ...words]);
    return `${code} ${stderr}`;
  };
  const group = (id: number) => ({ id, direction: 'upld', bandwidth: 100, priority: 'H' }) as const;
  const message = (...ids: readonly number[]) =>
    host.call('ietf-subscriber-service-message:subscriber-service-message', {
      'host-id': 'laptop',
      location: 'auto',
      'application-group': ids.map(group),
    });

  beforeAll(async () => {
    const hostKey = /SHA256:\S{43}/.exec(await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge'))![0];
    const settings = program.settings().replace('revalidate-replies: false', 'revalidate-replies: true');
    writeFileSync(join(program.folder, 'headend.yaml'), settings);
    const port = await program.serve();
    await program.must(
      ...['pool', 'add', 'calls', '--class', 'calls', '--prefix', '192.0.2.0/29', '--prefix', '2001:db8:1::/64'],
      ...['--attach', 'routed', '--delegated', '2001:db8:100::/40/56', '--reserve', '192.0.2.5=alice/laptop/1'],
      ...['--rest', '30', '--warn-at', '75', '--quarantine-per-subscriber', '4'],
    );
    writeFileSync(program.file('gold.yaml'), PLAN);
    await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
    await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
    const key = newKey('laptop');
    writeFileSync(program.file('laptop.pub'), key.public);
    await program.must('host', 'enrol', 'laptop', '--subscriber', 'alice', '--key', program.file('laptop.pub'));
    host = await Host.open(port, 'laptop', key, hostKey);
  });
  afterAll(async () => {
    await host.client.close();
    await program.dispose();
  });

  it('give what is reserved, and a prefix with it', async () => {
    const reply = await message(1);
    if ('codes' in reply) throw new Error(reply.codes.join());
    const path = ['sp-service-message', 'application-group', 'access-interface-cfg', 'ipv6', 'delegated-prefix'];
    const prefix = path.reduce<typeof reply | undefined>(
      (element, name) => element && childElement(element, name),
      reply,
    );
    expect(prefix && elementText(prefix)).toBe('2001:db8:100:500::/56');
    const [lease] = await program.json<object[]>('lease', 'list', '--address', '2001:db8:100:5ff::1');
    expect(lease).toMatchObject({ ipv4: '192.0.2.5', 'delegated-prefix': '2001:db8:100:500::/56', 'group-id': 1 });
    expect(await program.must('lease', 'list')).toMatch(/DELEGATED.*2001:db8:100:500::\/56/s);
    expect(await program.json('pool', 'show', 'calls')).toMatchObject({
      delegated: { prefix: '2001:db8:100::/40', length: 56 },
      reservation: [{ address: '192.0.2.5', subscriber: 'alice', 'host-id': 'laptop', 'group-id': 1 }],
      rest: 30,
      'warn-at': 75,
      quarantine: { 'per-subscriber': 4 },
      ...{ held: '1', capacity: '6', resting: '0', reserved: '0' },
    });
    expect(await program.must('pool', 'list')).toMatch(/open +1 +0 +6 +16 % +0 +-/);
  });

  it('are changed under their leases, but not to their harm', async () => {
    await program.must('pool', 'set', 'calls', '--prefix', '192.0.2.0/28', '--prefix', '2001:db8:1::/64');
    expect(await program.json('pool', 'show', 'calls')).toMatchObject({ capacity: '14', rest: 30 });
    for (const [words, expected] of [
      [
        ['--prefix', '192.0.2.0/30', '--prefix', '2001:db8:1::/64', ...ELSEWHERE],
        /^\d .*192\.0\.2\.5 and 2001:db8:1::5 and 2001:db8:100:500::\/56 of host laptop group 1/,
      ],
      [['--delegated', '2001:db8:200::/40/56'], /would no longer contain leases/],
      [['--gateway', '192.0.2.5', ...ELSEWHERE], /would no longer contain leases/],
      [['--reserve', '192.0.2.5=bob'], /would reserve for others.*host laptop/],
      [
        ['--reserve', '192.0.2.99=bob'],
        /^4 .*192\.0\.2\.99 is not in the pool.*reservation\[address='192\.0\.2\.99'\]/s,
      ],
      [['--reserve', '192.0.2.6'], /^2 .*ADDRESS=SUBSCRIBER/],
      [['--delegated', '2001:db8:200::/40'], /^2 .*PREFIX\/LENGTH\/LENGTH-OF-EACH/],
      [['--delegated', '2001:db8:100::/60/56'], /^4 .*expected a length above 60/s],
    ] as const)
      expect(await failure('set', 'calls', ...words)).toMatch(expected);
    expect(await failure('set', 'films', '--rest', '1')).toMatch(/^1 .*no pool films/);
  });

  it('move: their leases go to the other when their hosts ask again', async () => {
    await program.must('pool', 'add', 'other', '--class', 'other', '--prefix', '198.51.100.0/29');
    expect(await failure('move', 'calls', '--to', 'other')).toMatch(
      /^4 .*leases of pool calls cannot move to other: its class is other.*successor/s,
    );
    await program.must('pool', 'remove', 'other');
    const tiny = ['--prefix', '198.51.100.0/32', '--prefix', '2001:db8:3::1/128', '--attach', 'routed'];
    await program.must('pool', 'add', 'tiny', '--class', 'calls', ...tiny, '--delegated', '2001:db8:300::/40/56');
    await program.must('pool', 'set', 'tiny', '--reserve', '198.51.100.0=bob');
    const { stderr } = await program.run(['pool', 'move', 'calls', '--to', 'tiny']);
    expect(stderr).toContain('note: pool tiny has room for 0 of 1 leases');
    await program.must('pool', 'open', 'calls');
    await program.must('pool', 'remove', 'tiny');
    const next = ['--prefix', '198.51.100.0/29', '--prefix', '2001:db8:2::/64', '--attach', 'routed'];
    await program.must('pool', 'add', 'next', '--class', 'calls', ...next, '--delegated', '2001:db8:200::/40/56');
    expect(await program.must('pool', 'move', 'calls', '--to', 'next')).toMatch(
      /^pool calls is moving to next; 1 lease left, which ends 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ\n$/,
    );
    expect(await program.must('pool', 'list')).toMatch(/calls .* moving to next +1 /);
    expect(await failure('move', 'next', '--to', 'calls')).toMatch(/^4 .*would come back to it, by way of/s);
    expect(await failure('remove', 'calls')).toMatch(/^\d .*holds leases: 192\.0\.2\.5 .*host laptop group 1/);
    expect(await host.call('sublane-service:renew-service', { 'host-id': 'laptop', 'group-id': [1] })).toMatchObject({
      codes: ['data-missing request-again'],
    });
    expect(await message(1)).not.toHaveProperty('codes');
    expect(await program.json('lease', 'list')).toMatchObject([
      { pool: 'next', ipv4: '198.51.100.1', 'delegated-prefix': '2001:db8:200:100::/56' },
    ]);
    expect(await program.must('pool', 'drain', 'calls')).toContain('no lease is left: headend pool remove calls');
    await program.must('pool', 'remove', 'calls');
  });
});
