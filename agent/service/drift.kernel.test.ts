import { unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, Lab, openAccessNetwork } from '../../test/lab/index.ts';
import { SubscriberHost } from '../kernel/subscriber-host.fixture.ts';
import { KeptHost, labHeld, sh } from './kept-host.fixture.ts';

describeInLab('what others change of the lanes', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  let kept: KeptHost | undefined;
  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
  });
  afterEach(async () => {
    await kept?.end();
    kept = undefined;
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });

  /** The address that an application of the group is seen with, in each family. */
  const seenAs = async (groupId: number) => {
    const from = async (url: string) => {
      const { stdout } = await subscriber.inGroup(groupId, ['curl', '-sS', '-m', '5', url]);
      return /(\S+)$/.exec(stdout.trim())?.[1] ?? stdout;
    };
    const { observer } = subscriber.network;
    await observer.flows();
    await from(`http://${ADDRESSES.server.v4}/`);
    await from(`http://[${ADDRESSES.server.v6}]/`);
    return [...new Set((await observer.flows()).map(({ source }) => source))].sort();
  };

  test('is put right whatever it is, within a moment, and counted', async () => {
    kept = new KeptHost(subscriber, 'drift: { repairs: 100 }');
    unwrap(await kept.keeper.hold([labHeld(1), labHeld(2)], 'heard'));
    const repairs = () => kept!.keeper.status().repairs.reduce((sum, one) => sum + one.repairs, 0);
    for (const script of [
      'ip rule del preference 30001',
      'while ip rule del preference 30002 2>/dev/null; do :; done',
      'ip -6 rule flush protocol 151',
      'ip route flush table 510001',
      'ip -6 route flush table 510002',
      'ip route del unreachable default table 510001',
      'ip route add 198.51.100.0/24 dev sl1 table 510001 proto 151',
      'nft flush ruleset',
      'nft delete table inet sublane',
      'nft flush chain inet sublane leave',
      'tc qdisc del dev uplink root',
      'ip link set sl1 down',
      'ip address flush dev sl2',
      'ip link set sl2 mtu 1000',
      'ip link del sl1',
      'ip link del sl2 && nft flush ruleset && ip rule flush protocol 151',
    ]) {
      const before = repairs();
      sh(script);
      await kept.becomes(() => expect(repairs(), script).toBeGreaterThan(before));
      await kept.isRight();
    }
    expect(await seenAs(1)).toEqual(['192.0.2.51', '2001:db8:a::51']);
    expect(await seenAs(2)).toEqual(['192.0.2.52', '2001:db8:a::52']);
    const kinds = new Set(kept.keeper.status().repairs.map(({ kind }) => kind));
    for (const kind of ['rule', 'route', 'firewall', 'link', 'address', 'qdisc', 'active'])
      expect(kinds).toContain(kind);
    expect(new Set(kept.keeper.status().repairs.map(({ groupId }) => groupId))).toEqual(new Set([1, 2, undefined]));
    expect(kept.keeper.status().contests).toEqual([]);
  });

  test('is put right on the uplink itself as well', async () => {
    kept = new KeptHost(subscriber, 'drift: { repairs: 100 }', [], ['ipvlan', 'macvlan']);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    expect(sh('ip -4 address show dev uplink')).toContain('192.0.2.51/32');
    // What NetworkManager does when it activates a connection there.
    sh(`
      ip address del 192.0.2.51/32 dev uplink; ip -6 address del 2001:db8:a::51/128 dev uplink
      ip route flush dev uplink table 510001; ip -6 route flush dev uplink table 510001
    `);
    const kinds = () => kept!.keeper.status().repairs.map(({ kind }) => kind);
    await kept.becomes(() => expect(kinds()).toContain('address'));
    await kept.isRight();
    expect(await seenAs(1)).toEqual(['192.0.2.51', '2001:db8:a::51']);

    // What goes with the cable nobody has taken.
    const { repairs } = kept.keeper.status();
    sh(`
      ip link set uplink down; ip link set uplink up; ip route add default via 192.0.2.1
      ip -6 address replace 2001:db8:a::7/64 dev uplink nodad; ip -6 route replace default via 2001:db8:a::1
    `);
    await kept.becomes(async () => expect(await seenAs(1)).toEqual(['192.0.2.51', '2001:db8:a::51']));
    await kept.isRight();
    expect(kept.keeper.status().repairs).toEqual(repairs);
  });

  test('its own changes make it look, and rest', async () => {
    kept = new KeptHost(subscriber);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    await kept.isQuiet();
    expect(kept.looks).toBeLessThan(10);
    expect(kept.keeper.status()).toMatchObject({ surroundings: { state: 'right' }, repairs: [], contests: [] });
  });

  test('again and again is left alone, and said', async () => {
    kept = new KeptHost(subscriber, 'drift: { repairs: 3, within: 3600 }');
    unwrap(await kept.keeper.hold([labHeld(1), labHeld(2)], 'heard'));
    const drop = 'ip rule del preference 30001 lookup 510001';
    for (let round = 0; round < 3; round++) {
      sh(drop);
      await kept.isRight();
    }
    sh(drop);
    await kept.becomes(() => expect(kept!.keeper.status().contests).toHaveLength(1));
    await kept.isQuiet();
    expect(sh('ip rule')).not.toMatch(/^30001:.*510001/m);
    expect(kept.setbacks.get('host', 1)?.reason).toContain('again and again');
    expect(kept.setbacks.get('host', 2)).toBeUndefined();
    expect([...kept.keeper.takeNews()]).toEqual([1]);
    // Without its rule the lane's application reaches nothing rather than leave as the host.
    expect(await seenAs(1)).not.toContain(ADDRESSES.host.v4);

    // The other program gives in.
    sh('ip rule add fwmark 0x5b000001 lookup 510001 preference 30001 protocol 151');
    await kept.becomes(() => expect(kept!.setbacks.get('host', 1)).toBeUndefined());
    await kept.isRight();
  });

  test('an end that is too late, as after a suspend, is set right, and is nobody’s doing', async () => {
    kept = new KeptHost(subscriber);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    const left = () => Number(/valid_lft (\d+)sec/.exec(sh('ip -4 address show dev sl1'))?.[1]);
    sh('ip address change 192.0.2.51/32 dev sl1 valid_lft 5000 preferred_lft 5000');
    expect(left()).toBeGreaterThan(4_000);
    await kept.becomes(() => expect(left()).toBeLessThan(601));
    await kept.isQuiet();
    expect(kept.keeper.status().repairs).toEqual([]);
  });

  test('of others is not touched, and costs no repair', async () => {
    kept = new KeptHost(subscriber);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
    sh(`
      ip link add other0 type veth peer name other1
      ip rule add fwmark 7 lookup 777 preference 5000
      nft add table ip other
    `);
    await kept.isQuiet();
    expect(kept.keeper.status().repairs).toEqual([]);
    expect(sh('ip rule')).toContain('5000:');
    sh('ip link del other0; ip rule del preference 5000; nft delete table ip other');
  });
});
