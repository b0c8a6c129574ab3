import { unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { type AccessNetwork, ADDRESSES, Lab, openAccessNetwork } from '../../test/lab/index.ts';
import { SubscriberHost } from '../kernel/subscriber-host.fixture.ts';
import { KeptHost, labHeld, sh } from './kept-host.fixture.ts';

/** A VPN's link: up, and nobody at its other end. */
const TUNNEL = `
  ip tuntap add dev vpn0 mode tun
  ip address add 10.99.0.2/32 dev vpn0
  ip -6 address add fd99::2/128 dev vpn0
  ip link set vpn0 up
`;

describeInLab('the surroundings of the lanes', () => {
  let lab: Lab;
  let network: AccessNetwork;
  let subscriber: SubscriberHost;
  let kept: KeptHost;
  beforeAll(async () => {
    lab = Lab.open();
    network = await openAccessNetwork(lab);
    subscriber = new SubscriberHost(network, lab);
    await network.edge.ip('address add 192.0.2.2/24 dev access', 'address add 203.0.113.1/24 dev access');
  });
  beforeEach(() => begin());
  afterEach(async () => {
    await kept.end();
    sh(
      'ip link del vpn0 2>/dev/null || :; ip rule flush; ip rule add lookup main preference 32766; ip -6 rule flush; ip -6 rule add lookup main preference 32766',
    );
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });

  async function begin(yaml = '', blocked: readonly number[] = []): Promise<void> {
    kept = new KeptHost(subscriber, yaml, blocked);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
  }
  const around = () => kept.keeper.status().surroundings;
  const becomesAway = (reason: string) => kept.becomes(() => expect(around()).toMatchObject({ state: 'away', reason }));
  const becomesRight = async () => {
    await kept.becomes(() => expect(around()).toMatchObject({ state: 'right' }));
    await kept.becomes(() => expect(sh('ip -o link show sl1')).toContain('sl1'));
    await kept.isRight();
  };
  const table = (family: 4 | 6) => sh(`ip -${family} route show table 510001`);

  test.each([
    [
      'by the two halves of the Internet (OpenVPN, def1)',
      `${TUNNEL} ip route add 0.0.0.0/1 dev vpn0; ip route add 128.0.0.0/1 dev vpn0`,
      'ip route del 0.0.0.0/1 dev vpn0',
    ],
    [
      'by a default route with a better metric (NetworkManager)',
      `${TUNNEL} ip route del default; ip route add default via 192.0.2.1 metric 100; ip route add default dev vpn0 metric 50`,
      'ip route del default dev vpn0; ip route del default; ip route add default via 192.0.2.1',
    ],
    [
      'by rules around its own mark (wg-quick)',
      `${TUNNEL}
       ip route add default dev vpn0 table 51820
       ip rule add not fwmark 51820 table 51820
       ip rule add table main suppress_prefixlength 0`,
      'ip link del vpn0',
    ],
    [
      'by a table of its own behind rules for its mark (Tailscale’s exit node)',
      `${TUNNEL}
       ip route add default dev vpn0 table 52
       ip rule add fwmark 0x80000/0xff0000 lookup main preference 5210
       ip rule add fwmark 0x80000/0xff0000 unreachable preference 5250
       ip rule add lookup 52 preference 5270`,
      'ip rule del preference 5270',
    ],
    [
      'of IPv6 alone',
      `${TUNNEL} ip -6 route add ::/1 dev vpn0; ip -6 route add 8000::/1 dev vpn0; ip -6 route add 2000::/3 dev vpn0`,
      'ip link del vpn0',
    ],
  ])('a VPN that takes everything, %s: lanes are away, and come back', async (_, start, stop) => {
    sh(start);
    await becomesAway('vpn');
    expect(around()?.text).toContain('vpn0');
    await kept.becomes(() => expect(sh('ip -o link')).not.toContain('sl1'));
    expect(kept.setbacks.get('host', 1)?.away).toBe('vpn');
    sh(stop);
    await becomesRight();
    expect(kept.setbacks.get('host', 1)).toBeUndefined();
  });

  const WG_QUICK = `${TUNNEL}
    ip route add default dev vpn0 table 51820
    ip -6 route add default dev vpn0 table 51820
    ip rule add not fwmark 51820 table 51820
    ip rule add table main suppress_prefixlength 0
    ip -6 rule add not fwmark 51820 table 51820
    ip -6 rule add table main suppress_prefixlength 0`;

  test.each(['before', 'after'])(
    'beside a VPN started %s the lanes, they stay and the rest of the host is in it',
    async (order) => {
      await kept.end();
      if (order === 'before') sh(WG_QUICK);
      await begin('vpn: beside');
      if (order === 'after') sh(WG_QUICK);
      const { server } = ADDRESSES;
      const reaches = async (...words: string[]) =>
        (await subscriber.inGroup(1, ['ping', '-n', '-q', '-c', '1', '-W', '2', ...words])).stdout;
      await kept.becomes(async () => expect(await reaches(server.v4)).toContain('1 received'));
      await kept.becomes(async () => expect(await reaches('-6', server.v6)).toContain('1 received'));
      await kept.isRight();
      expect(around()).toMatchObject({ state: 'right' });
      expect(kept.keeper.status().repairs).toEqual([]);
      expect(sh(`ip route get ${server.v4}`)).toContain('dev vpn0');
      const preferences = sh('ip rule')
        .split('\n')
        .map((line) => [Number(line.split(':')[0]), line] as const);
      const ours = preferences.filter(([, line]) => line.includes('510001')).map(([preference]) => preference);
      const theirs = preferences.filter(([, line]) => line.includes('51820')).map(([preference]) => preference);
      expect(Math.max(...ours)).toBeLessThan(Math.min(...theirs));
    },
  );

  test('a VPN for some networks lets the lanes be', async () => {
    sh(`${TUNNEL} ip route add 10.0.0.0/8 dev vpn0; ip route add 172.16.0.0/12 dev vpn0`);
    await kept.isQuiet();
    expect(around()).toMatchObject({ state: 'right' });
    expect(sh('ip -o link')).toContain('sl1');
  });

  test('a changed gateway is followed at once', async () => {
    expect(table(4)).toContain('default via 192.0.2.1');
    sh('ip route replace default via 192.0.2.2');
    await kept.becomes(() => expect(table(4)).toContain('default via 192.0.2.2'));
    await kept.isRight();
    expect(around()).toMatchObject({ state: 'right' });
    sh('ip route replace default via 192.0.2.1');
    await kept.becomes(() => expect(table(4)).toContain('default via 192.0.2.1'));
    expect(kept.keeper.status().repairs).toEqual([]);
    expect(kept.asked).toBe(0);
  });

  test('a DHCP renewal with the same result changes nothing and loses no packet', async () => {
    await kept.isQuiet();
    const before = sh('ip -o link show sl1; ip route show table 510001; ip rule; nft list ruleset | grep -v expires');
    const pinging = subscriber.inGroup(1, ['ping', '-n', '-q', '-i', '0.02', '-c', '100', ADDRESSES.server.v4]);
    for (let renewal = 0; renewal < 4; renewal++)
      sh(`
        ip address replace 192.0.2.7/24 dev uplink valid_lft 3600 preferred_lft 3600
        ip route replace default via 192.0.2.1
        sleep 0.3
      `);
    expect((await pinging).stdout).toContain('100 received, 0% packet loss');
    expect(
      sh('ip -o link show sl1; ip route show table 510001; ip rule; nft list ruleset | grep -v expires').replaceAll(
        /packets \d+ bytes \d+/g,
        '',
      ),
    ).toBe(before.replaceAll(/packets \d+ bytes \d+/g, ''));
    expect(kept.keeper.status().repairs).toEqual([]);
    sh('ip address replace 192.0.2.7/24 dev uplink valid_lft forever preferred_lft forever');
  });

  test('an uplink set up anew takes no lane with it', async () => {
    sh('ip link set uplink down; sleep 0.3; ip link set uplink up; ip route add default via 192.0.2.1 || :');
    sh('ip -6 address replace 2001:db8:a::7/64 dev uplink nodad; ip -6 route replace default via 2001:db8:a::1');
    await becomesRight();
    await kept.becomes(async () => {
      const { stdout } = await subscriber.inGroup(1, ['ping', '-n', '-q', '-c', '1', ADDRESSES.server.v4]);
      expect(stdout).toContain('1 received');
    });
  });

  test('a card pulled out takes the lanes with it; plugged in again it brings them', async () => {
    sh('ip link set uplink name gone; ip link set gone down');
    await becomesAway('no-uplink');
    await kept.becomes(() => expect(sh('ip -o link')).not.toContain('sl1@'));
    sh(`ip link set gone name uplink; ip link set uplink up; ip route add default via 192.0.2.1
        ip -6 address replace 2001:db8:a::7/64 dev uplink nodad; ip -6 route replace default via 2001:db8:a::1`);
    await becomesRight();
  });

  test('without an uplink they are away', async () => {
    sh('ip route del default; ip -6 route del default');
    await becomesAway('no-uplink');
    await kept.becomes(() => expect(sh('ip -o link')).not.toContain('sl1'));
    sh('ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8:a::1');
    await becomesRight();
  });

  test('while they are away, who is to be blocked is blocked, and who is not goes the host’s own way', async () => {
    await kept.end();
    await begin('', [1]);
    unwrap(await kept.keeper.hold([labHeld(1), labHeld(2)], 'heard'));
    // The VPN's own server: everything else goes into the VPN.
    const { v4 } = ADDRESSES.server;
    sh(
      `${TUNNEL} ip route add 0.0.0.0/1 dev vpn0; ip route add 128.0.0.0/1 dev vpn0; ip route add ${v4} via 192.0.2.1`,
    );
    await becomesAway('vpn');
    await kept.becomes(() => expect(sh('ip -o link')).not.toMatch(/sl[12]@/));
    // Group 2 has no cgroup any more: its applications are like all others.
    const ping = ['ping', '-n', '-q', '-c', '1', '-W', '1', v4];
    const isBlocked = async () => {
      const { stdout, stderr } = await subscriber.inGroup(1, ping);
      expect(stdout + stderr).toMatch(/ 0 received|unreachable|No route to host/);
    };
    await isBlocked();
    expect((await network.host.run(ping)).stdout).toContain('1 received');

    // Without any uplink blocked is still blocked.
    sh('ip link del vpn0; ip route del default; ip -6 route del default');
    await becomesAway('no-uplink');
    await isBlocked();
    sh(`ip route del ${v4}; ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8:a::1`);
    await becomesRight();
  });

  test('in another network they are away until the headend is asked over it', async () => {
    const move = (from: string, to: string, via: string) =>
      sh(`ip address del ${from} dev uplink; ip address add ${to} dev uplink; ip route add default via ${via}`);
    sh('ip -6 address del 2001:db8:a::7/64 dev uplink; ip -6 route flush default || :');
    move('192.0.2.7/24', '203.0.113.7/24', '203.0.113.1');
    await becomesAway('other-network');
    expect(kept.asked).toBe(1);
    await kept.becomes(() => expect(sh('ip -o link')).not.toContain('sl1'));
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    expect(around()).toMatchObject({ state: 'right' });
    expect(sh('ip -o link')).toContain('sl1');

    sh('ip -6 address add 2001:db8:a::7/64 dev uplink nodad; ip -6 route replace default via 2001:db8:a::1');
    move('203.0.113.7/24', '192.0.2.7/24', '192.0.2.1');
    await kept.becomes(() => expect(kept.asked).toBeGreaterThan(1));
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    await becomesRight();
  });

  test('from one card to another they follow, once the headend has been asked', async () => {
    await lab.link(network.host, 'radio', network.edge, 'air');
    await network.edge.ip('address add 198.18.0.1/24 dev air');
    sh('ip address add 198.18.0.7/24 dev radio; ip route replace default via 198.18.0.1; ip -6 route flush default');
    await becomesAway('other-network');
    expect(kept.asked).toBe(1);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    expect(sh('ip -o link show sl1')).toContain('sl1@radio');
    expect(around()?.text).toBe('radio via 198.18.0.1 198.18.0.0/24');
    await kept.isRight();

    sh('ip link del radio; ip route replace default via 192.0.2.1; ip -6 route replace default via 2001:db8:a::1');
    await becomesAway('other-network');
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    await becomesRight();
    expect(sh('ip -o link show sl1')).toContain('sl1@uplink');
  });
});
