import { milliseconds, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOST, lane, link, NOW, SCOPE, UPLINKS, wishOf, world } from './engine-world.fixture.ts';
import { type FakeHost, type FakeKernel, ProcessEnded } from './fake-kernel.ts';
import { LanesEngine, ownershipOf } from './lanes-engine.ts';
import type { LaneWish, Wish } from './wish.ts';
import { wishArbitrary } from './wish-arbitrary.fixture.ts';

/** What a fresh host holds after one wish. */
async function fresh(wish: Wish, host: Partial<FakeHost>) {
  const { kernel, engine } = world(host);
  unwrap(await engine().converge(wish));
  return kernel.objects;
}

/** Scripts say how; the shape says what. */
const bare = (objects: FakeKernel['objects']) => objects.map((object) => ({ ...object, script: undefined }));

const wishes = wishArbitrary(NOW, UPLINKS);
const hosts = fc.record({
  lacks: fc.constantFrom<string[]>(
    [],
    ['ipvlan'],
    ['ipvlan', 'macvlan'],
    ['ipvlan', 'fq_codel'],
    ['htb'],
    ['cgroup-mark'],
    ['dns-redirect'],
  ),
  foreignQdiscs: fc.constantFrom<ReadonlyMap<string, string>>(new Map(), new Map([['eth0', 'cake']])),
});

describe('any walk of wishes', () => {
  test('ends in the state of a fresh host given the last wish alone, and once more does nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(wishes, { minLength: 1, maxLength: 4 }), hosts, async (walk, host) => {
        const { kernel, engine } = world(host);
        const one = engine();
        for (const wish of walk) {
          unwrap(await one.converge(wish));
          expect(unwrap(await one.plan(wish)).steps).toEqual([]);
          expect(bare(kernel.objects)).toEqual(bare(await fresh(wish, host)));
        }
        unwrap(await one.undo());
        expect(kernel.objects).toEqual([]);
        expect(kernel.settings).toEqual(HOST.settings);
      }),
      { numRuns: 60 },
    );
  });

  test('with a failure at any step is back where it was before', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, wishes, hosts, async (before, after, host) => {
        const { kernel, engine } = world(host);
        const one = engine();
        unwrap(await one.converge(before));
        const { steps } = unwrap(await one.plan(after));
        const held = bare(kernel.objects);
        const settings = new Map(kernel.settings);
        for (let step = 0; step < steps.length; step++) {
          kernel.failAfter = step;
          const result = await one.converge(after);
          expect(result).toMatchObject({
            ok: false,
            failure: { kind: 'refused', restored: true },
          });
          expect(bare(kernel.objects)).toEqual(held);
          expect(kernel.settings).toEqual(settings);
        }
        unwrap(await one.converge(after));
      }),
      { numRuns: 8 },
    );
  });

  test('with the process ending at any step is repaired by the next', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, wishes, hosts, async (before, after, host) => {
        const { kernel, engine } = world(host);
        unwrap(await engine().converge(before));
        const { steps } = unwrap(await engine().plan(after));
        const held = bare(kernel.objects);
        for (let step = 0; step < steps.length; step++) {
          kernel.endAfter = step;
          await expect(engine().converge(after)).rejects.toThrow(ProcessEnded);
          unwrap(await engine().repair());
          expect(bare(kernel.objects)).toEqual(held);
        }
        unwrap(await engine().undo());
        expect(kernel.objects).toEqual([]);
        expect(kernel.settings).toEqual(HOST.settings);
      }),
      { numRuns: 8 },
    );
  });

  test('without its journal, undo still removes every trace', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, async (wish) => {
        const { kernel, journal, engine } = world({ lacks: ['macvlan'] });
        unwrap(await engine().converge(wish));
        journal.text = '';
        unwrap(await engine().undo());
        expect(kernel.objects).toEqual([]);
      }),
    );
  });

  test('every undo of a plan, in reverse, leads back', async () => {
    await fc.assert(
      fc.asyncProperty(wishes, hosts, async (wish, host) => {
        const { kernel, engine, now } = world(host);
        const { steps } = unwrap(await engine().plan(wish));
        unwrap(await engine().converge(wish));
        const back = steps.map(({ operation }) => operation).reverse();
        for (const { object } of back) {
          // What goes with a link, or is refused while it is one's own, needs no step.
          if (object.kind === 'active' || (object.kind === 'setting' && object.link !== undefined)) continue;
          expect(await kernel.apply([{ verb: 'remove', object }], now)).toEqual({ ok: true, value: undefined });
        }
        expect(kernel.objects).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

test('a kernel that only says so is found out, and the state before is back', async () => {
  const { kernel, engine } = world();
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  const held = kernel.objects;
  kernel.liesAbout = ({ verb, object }) => verb === 'add' && object.kind === 'rule' && object.table === 510_002;
  const second = lane({
    groupId: 2,
    interface: 'sl2',
    addresses: [{ address: '192.0.2.60', prefixLength: 24, deprecated: false }],
  });
  expect(await one.converge(wishOf(lane(), second))).toMatchObject({
    ok: false,
    failure: {
      kind: 'unverified',
      restored: true,
      differences: expect.arrayContaining([expect.stringContaining('rule add')]),
    },
  });
  expect(bare(kernel.objects)).toEqual(bare(held));
});

test('a lane whose lease has ended is not made, and an old one goes', async () => {
  const { kernel, clock, engine } = world();
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  await clock.advance(milliseconds(60_000));
  const report = unwrap(await one.converge(wishOf(lane())));
  expect(report.lanes).toEqual([]);
  expect(report.notes).toEqual(['The lease of group 1 (calls) has ended: it has no lane.']);
  expect(kernel.objects).toEqual([]);
});

test('where the applications are to be blocked then, a lane whose lease has ended leads nowhere', async () => {
  const { kernel, clock, engine } = world();
  const second = lane({ groupId: 2, interface: 'sl2', addresses: [], validUntil: milliseconds(NOW + 600_000) });
  unwrap(await engine().converge(wishOf(lane({ whenDown: 'block' }), second)));
  await clock.advance(milliseconds(60_000));
  // Another lane's renewal, and a new start, must not let them out.
  unwrap(await engine().extend(new Map([[2, milliseconds(NOW + 900_000)]])));
  const ways = () =>
    kernel.objects.flatMap((object) => (object.kind === 'route' && object.table === 510_001 ? [object.type] : []));
  expect(ways()).toEqual(['unreachable', 'unreachable']);
  expect(kernel.objects.some(({ kind }) => kind === 'address')).toBe(false);
  kernel.endAfter = 2;
  await expect(engine().converge(wishOf(second))).rejects.toThrow(ProcessEnded);
  unwrap(await engine().repair());
  expect(ways()).toEqual(['unreachable', 'unreachable']);
  expect(kernel.objects).toContainEqual({ kind: 'mark', path: 'sublane.slice/g1', mark: 0x5b000001 });
  unwrap(await engine().converge(wishOf(second)));
  expect(ways()).toEqual([]);
});

test('extending a lease touches its end only', async () => {
  const { kernel, engine } = world();
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  const later = milliseconds(NOW + 600_000);
  const { steps } = unwrap(await one.plan(wishOf(lane({ validUntil: later }))));
  expect(steps.map(({ operation }) => `${operation.verb} ${operation.object.kind}`)).toEqual([
    'change address',
    'change firewall',
  ]);
  unwrap(await one.extend(new Map([[1, later]])));
  expect(one.current()?.lanes[0]?.validUntil).toBe(later);
  const ends = kernel.objects.flatMap((object) =>
    object.kind === 'firewall' ? object.live.map(({ until }) => until) : [],
  );
  expect(new Set(ends)).toEqual(new Set([later]));
});

test('a lifetime set too late, for the machine stood still meanwhile, is set again', async () => {
  const { kernel, engine } = world();
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  const missed = new Set<string>();
  kernel.liesAbout = ({ object }) => !missed.has(object.kind) && missed.add(object.kind).size > 0;
  const longer = wishOf(lane({ validUntil: milliseconds(NOW + 600_000) }));
  unwrap(await one.converge(longer));
  expect([...missed]).toEqual(['address', 'firewall']);
  expect(unwrap(await one.plan(longer)).steps).toEqual([]);
});

test('a default route that is away for a moment ends no lease', async () => {
  const { journal, kernel, engine } = world();
  unwrap(await engine().converge(wishOf(lane())));
  const roaming = world({ defaults: [] });
  roaming.journal.text = journal.text;
  expect(kernel.objects.length).toBeGreaterThan(0);
  const later = milliseconds(NOW + 600_000);
  unwrap(await roaming.engine().extend(new Map([[1, later]])));
  expect(roaming.engine().current()?.lanes[0]?.validUntil).toBe(later);
});

test('a cgroup in which something runs outlives its lane, but not undo', async () => {
  const { kernel, engine } = world();
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  unwrap(one.enter(1, 4711));
  unwrap(await one.converge(wishOf()));
  expect(kernel.objects.map(({ kind }) => kind)).toEqual(['cgroup', 'cgroup']);
  expect(one.members(1)).toEqual([4711]);
  unwrap(await one.undo());
  expect(kernel.objects).toEqual([]);
});

test('a predecessor that reached its state needs no repair', async () => {
  const { engine } = world();
  unwrap(await engine().converge(wishOf(lane())));
  expect(unwrap(await engine().repair())).toBeUndefined();
  expect(engine().current()).toEqual(wishOf(lane()));
});

test('a journal of another boot or network namespace says nothing', async () => {
  const { kernel, journal, clock, engine } = world();
  unwrap(await engine().converge(wishOf(lane())));
  const elsewhere = new LanesEngine({
    kernel,
    journal,
    scope: { ...SCOPE, boot: 'another' },
    clock,
    ownership: ownershipOf({ stateDir: '' }),
    options: {},
  });
  expect(elsewhere.current()).toBeUndefined();
});

test('a journal torn in its last line is read up to there, and written on', async () => {
  const { kernel, journal, engine } = world();
  unwrap(await engine().converge(wishOf(lane())));
  journal.text = `${journal.text}0badc0de {"kind":"beg`;
  expect(engine().current()).toEqual(wishOf(lane()));
  unwrap(await engine().converge(wishOf(lane({ dscp: 0 }))));
  expect(engine().current()).toEqual(wishOf(lane({ dscp: 0 })));
  unwrap(await engine().undo());
  expect(kernel.objects).toEqual([]);
});

describe('a state directory', () => {
  test('that cannot be written: no lane is touched, and undo takes all away nevertheless', async () => {
    const { kernel, journal, engine } = world({ lacks: ['ipvlan'] });
    const one = engine();
    unwrap(await one.converge(wishOf(lane())));
    const held = kernel.objects;
    journal.broken = { write: true };
    expect(await one.converge(wishOf(lane({ dscp: 0 })))).toMatchObject({ ok: false, failure: { kind: 'journal' } });
    expect(kernel.objects).toEqual(held);
    const { notes } = unwrap(await one.undo());
    expect(notes).toEqual([expect.stringMatching(/cannot be written; it still tells of lanes that are gone/)]);
    expect(kernel.objects).toEqual([]);
    expect(kernel.settings).toEqual(HOST.settings);
    expect(one.current()).toBeUndefined();
  });

  test('that cannot be read: undo goes by the marks, and says what it cannot know', async () => {
    const { kernel, journal, engine } = world({ lacks: ['ipvlan'] });
    unwrap(await engine().converge(wishOf(lane())));
    journal.broken = { read: true, lock: true };
    expect(await engine().converge(wishOf())).toMatchObject({ ok: false, failure: { kind: 'journal' } });
    const { notes } = unwrap(await engine().undo());
    expect(notes).toEqual([expect.stringMatching(/cannot be read; .*arp_ignore.* stay as they are/)]);
    expect(kernel.objects.map((object) => object.kind === 'setting' && object.path)).toEqual([
      'net/ipv4/conf/eth0/arp_announce',
      'net/ipv4/conf/eth0/arp_ignore',
    ]);
  });

  test('that another engine works on is left to it, by undo too', async () => {
    const { journal, engine } = world();
    const held = unwrap(journal.lock());
    for (const refused of [await engine().converge(wishOf(lane())), await engine().undo(), await engine().repair()])
      expect(refused).toMatchObject({ ok: false, failure: { kind: 'busy' } });
    held();
    unwrap(await engine().undo());
  });
});

test('an undo that the kernel refuses leaves the lanes as they were', async () => {
  const { kernel, engine } = world();
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  const held = bare(kernel.objects);
  const refused = new Set(['rule']);
  kernel.liesAbout = ({ verb, object }) => verb === 'remove' && refused.has(object.kind);
  expect(await one.undo()).toMatchObject({ ok: false, failure: { restored: true } });
  kernel.liesAbout = undefined;
  expect(bare(kernel.objects)).toEqual(held);
  expect(one.current()).toEqual(wishOf(lane()));
  unwrap(await one.undo());
});

describe('refused', () => {
  test.each<[string, Partial<LaneWish>, RegExp]>([
    ['a link name of others', { interface: 'eth0' }, /interface "eth0"/],
    ['a link name that is a command', { interface: 'sl1 up; x' }, /interface/],
    [
      'a text that is no address',
      { addresses: [{ address: 'localhost', prefixLength: 32, deprecated: false }] },
      /no IP address/,
    ],
    [
      'loopback',
      { addresses: [{ address: '127.0.0.9', prefixLength: 32, deprecated: false }] },
      /no address a host may hold/,
    ],
    [
      'multicast',
      { addresses: [{ address: 'ff02::1', prefixLength: 128, deprecated: false }] },
      /no address a host may hold/,
    ],
    [
      'a prefix too long',
      { addresses: [{ address: '192.0.2.50', prefixLength: 33, deprecated: false }] },
      /prefix length/,
    ],
    [
      'a next hop of the other family',
      { routes: [{ destination: '198.51.100.0/24', nextHop: '2001:db8::1' }] },
      /next hop/,
    ],
    ['a route to a name', { routes: [{ destination: 'example.com' }] }, /no prefix/],
    ['DSCP 64', { dscp: 64 }, /DSCP/],
    ['a DNS server by name', { dns: ['dns.example'] }, /DNS server "dns.example" is no IP address/],
    ['a DNS server on this host', { dns: ['127.0.0.53'] }, /DNS server 127.0.0.53/],
    ['a DNS server on this host, as IPv6', { dns: ['::ffff:127.0.0.53'] }, /DNS server/],
    ['a DNS server on a link without its name', { dns: ['fe80::53'] }, /DNS server fe80::53/],
    ['MTU 500', { mtu: 500 as never }, /MTU/],
    ['no rate at all', { upld: { rate: 0 as never, priority: 'H' } }, /rate/],
    ['a next hop of its own', { routes: [{ destination: '0.0.0.0/0', nextHop: '192.0.2.50' }] }, /the next hop/],
    ['a DNS server of its own', { dns: ['192.0.2.50'] }, /a DNS server/],
    [
      'the broadcast address of its subnet',
      { addresses: [{ address: '192.0.2.255', prefixLength: 24, deprecated: false }] },
      /of a whole subnet/,
    ],
    [
      'the address of its subnet itself',
      { addresses: [{ address: '192.0.2.64', prefixLength: 26, deprecated: false }] },
      /of a whole subnet/,
    ],
    [
      '1,001 routes',
      { routes: Array.from({ length: 1001 }, (_, n) => ({ destination: `10.${n >> 8}.${n & 255}.0/24` })) },
      /1001 routes, and a lane has at most 1000/,
    ],
    ['group 65530', { groupId: 65_530 }, /group id/],
  ])('%s', async (_, fault, message) => {
    const { kernel, engine } = world();
    const refused = await engine().converge(wishOf(lane(fault)));
    expect(refused).toMatchObject({ ok: false, failure: { kind: 'invalid', message: expect.stringMatching(message) } });
    expect(kernel.objects).toEqual([]);
  });

  test('two lanes with one address', async () => {
    const { engine } = world();
    const twin = lane({ groupId: 2, interface: 'sl2' });
    expect(await engine().converge(wishOf(lane(), twin))).toMatchObject({
      ok: false,
      failure: { kind: 'invalid', groupId: 2, message: 'address 192.0.2.50 is also that of group 1' },
    });
  });

  test('a name that someone else’s link has', async () => {
    const { kernel, engine } = world();
    expect(await engine().converge(wishOf(lane({ interface: 'slip0' })))).toMatchObject({
      ok: false,
      failure: { kind: 'occupied', what: 'slip0' },
    });
    expect(kernel.objects).toEqual([]);
  });

  test('an address that the host itself has', async () => {
    const { kernel, engine } = world({ addresses: ['192.0.2.50'] });
    expect(await engine().converge(wishOf(lane()))).toMatchObject({
      ok: false,
      failure: { kind: 'occupied', what: '192.0.2.50' },
    });
    expect(kernel.objects).toEqual([]);
  });

  test.each([
    ['the gateway', '192.0.2.1', 32, /own gateway/],
    [
      'the broadcast address of a network of the host',
      '172.17.255.255',
      32,
      /broadcast or network address of 172.17.0.0\/16/,
    ],
    ['the address of a network of the host itself', '192.0.2.0', 32, /broadcast or network address of 192.0.2.0\/24/],
  ])('%s', async (_, address, prefixLength, message) => {
    const { kernel, engine } = world();
    expect(
      await engine().converge(wishOf(lane({ addresses: [{ address, prefixLength, deprecated: false }] }))),
    ).toEqual({
      ok: false,
      failure: { kind: 'occupied', what: address, message: expect.stringMatching(message) },
    });
    expect(kernel.objects).toEqual([]);
  });

  test('as many routes as this host takes', async () => {
    const { engine } = world({}, { mostRoutes: 1 });
    const routes = [{ destination: '198.51.100.0/24' }, { destination: '203.0.113.0/24' }];
    unwrap(await engine().converge(wishOf(lane({ routes: routes.slice(1) }))));
    expect(await engine().converge(wishOf(lane({ routes })))).toMatchObject({
      ok: false,
      failure: { kind: 'invalid' },
    });
  });

  test('IPv6 on an uplink that is too narrow for it', async () => {
    const { kernel, engine } = world({ links: [link('lo', { ethernet: false }), link('eth0', { mtu: 1200 })] });
    const six = [{ address: '2001:db8:a::50', prefixLength: 128, deprecated: false }];
    expect(await engine().converge(wishOf(lane({ addresses: six })))).toMatchObject({
      ok: false,
      failure: { kind: 'invalid', message: expect.stringMatching(/up to 1200 octets.*IPv6 needs 1280/) },
    });
    expect(kernel.objects).toEqual([]);
    unwrap(await engine().converge(wishOf(lane())));
  });

  test('an uplink that is not there, with those that are', async () => {
    const { engine } = world();
    expect(await engine().converge({ uplink: 'eth9', lanes: [lane()] })).toMatchObject({
      ok: false,
      failure: { kind: 'no-uplink', message: expect.stringContaining('eth0, eth1, wlan0') },
    });
  });

  test('a host without a default route, where the uplink is to be found by it', async () => {
    const { engine } = world({ defaults: [] });
    expect(await engine().converge(wishOf(lane()))).toMatchObject({ ok: false, failure: { kind: 'no-uplink' } });
  });

  test.each([
    ['tool:nft', 'unsupported'],
    ['nft-lanes', 'unsupported'],
    ['root', 'not-root'],
  ])('without %s', async (name, kind) => {
    const { kernel, engine } = world({ lacks: [name] });
    const one = engine();
    expect(await one.converge(wishOf(lane()))).toMatchObject({ ok: false, failure: { kind } });
    expect(await one.plan(wishOf(lane()))).toMatchObject({ ok: false, failure: { kind } });
    if (kind === 'not-root') {
      expect(await one.undo()).toMatchObject({ ok: false, failure: { kind } });
      expect(await one.observe()).toMatchObject({ ok: false, failure: { kind } });
    }
    expect(kernel.objects).toEqual([]);
  });

  test('while another engine is at work', async () => {
    const { journal, engine } = world();
    const release = unwrap(journal.lock());
    expect(await engine().converge(wishOf(lane()))).toMatchObject({ ok: false, failure: { kind: 'busy' } });
    release();
    unwrap(await engine().converge(wishOf(lane())));
  });

  test('a journal that cannot be written: nothing is touched', async () => {
    const { kernel, journal, engine } = world();
    journal.append = () => ({ ok: false, failure: { kind: 'journal', message: 'no space left on device' } });
    expect(await engine().converge(wishOf(lane()))).toMatchObject({ ok: false, failure: { kind: 'journal' } });
    expect(kernel.objects).toEqual([]);
  });
});

describe('what stands for a lane', () => {
  test.each([
    ['eth0', [], 'ipvlan'],
    ['eth0', ['ipvlan'], 'macvlan'],
    ['eth0', ['ipvlan', 'macvlan'], 'uplink'],
    ['wlan0', [], 'ipvlan'],
    ['wlan0', ['ipvlan'], 'uplink'],
    ['port0', [], 'uplink'],
  ])('on %s without %j', async (uplink, lacks, means) => {
    const { engine } = world({ lacks });
    expect(unwrap(await engine().converge({ uplink, lanes: [lane()] })).lanes[0]?.means).toBe(means);
  });

  test('where others have a macvlan on the uplink, ours is one too', async () => {
    const { engine } = world({ links: [...HOST.links, link('vm0', { type: 'macvlan', parent: 'eth0' })] });
    expect(unwrap(await engine().converge(wishOf(lane()))).lanes[0]?.means).toBe('macvlan');
  });

  test.each([
    [
      ['198.51.100.0/24', '2001:db8:b::/48'],
      ['203.0.113.53', '2001:db8:c::53'],
    ],
    [['203.0.113.0/24'], ['2001:db8:c::53']],
    [[], []],
  ])('beside listed routes %j the DNS servers have routes of their own: %j', async (listed, expected) => {
    const { kernel, engine } = world();
    const routes = listed.map((destination) => ({ destination }));
    const addresses = [...lane().addresses, { address: '2001:db8:a::50', prefixLength: 64, deprecated: false }];
    // The last two are reached already.
    const dns = ['203.0.113.53', '2001:db8:c::53', '192.0.2.53', '2001:db8:a::53'];
    unwrap(await engine().converge(wishOf(lane({ routes, addresses, dns }))));
    const own = kernel.objects.flatMap((one) => (one.kind === 'route' && dns.includes(one.destination) ? [one] : []));
    expect(own.map(({ destination }) => destination)).toEqual(expected);
  });

  test('others’ root qdisc is left alone, and the lane is shaped on its own link', async () => {
    const { kernel, engine } = world({ foreignQdiscs: new Map([['eth0', 'cake']]) });
    const report = unwrap(await engine().converge(wishOf(lane({ upld: { rate: 1000 as never, priority: 'H' } }))));
    expect(report.lanes[0]?.shaping).toBe('lane');
    expect(report.notes.join()).toContain('cake');
    expect(
      kernel.objects
        .filter(({ kind }) => kind === 'qdisc')
        .every((object) => 'link' in object && object.link === 'sl1'),
    ).toBe(true);
  });

  test('a known capacity is shared by precedence, each lane sure of its part', async () => {
    const { kernel, engine } = world({}, { capacity: 1000 });
    const rated = (groupId: number, priority: 'H' | 'L') =>
      lane({ groupId, interface: `sl${groupId}`, addresses: [], upld: { rate: 1000 as never, priority } });
    unwrap(await engine().converge(wishOf(rated(1, 'H'), rated(2, 'L'))));
    const classes = kernel.objects.filter((object) => object.kind === 'class');
    const [one, two] = ['5b1a:1', '5b1a:2'].map((id) => classes.find((object) => object.id === id));
    expect(one).toMatchObject({ precedence: 0, parent: '5b1a:ffff' });
    expect(two).toMatchObject({ precedence: 2, parent: '5b1a:ffff' });
    const whole = classes.find(({ id }) => id === '5b1a:ffff')!;
    const sure = classes.filter(({ parent }) => parent === '5b1a:ffff').reduce((sum, { rate }) => sum + rate, 0);
    expect(sure).toBeLessThanOrEqual(whole.rate);
  });
});
