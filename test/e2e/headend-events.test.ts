// The real headend tells of what happens: to hosts of themselves, to staff of everything, also of what was before a kill.
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { childElement, childElements, elementText, type XmlElement } from '@sublane/netconf';
import { encodeRpc } from '@sublane/yang';
import { connect, type NetconfClient } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeadendProcess, type HostKey, hostKey, type Operator, twoClasses } from '../programs/index.ts';

const HOSTS = ['laptop', 'phone', 'tablet'] as const;
const LONG_AGO = '2026-01-01T00:00:00Z';

/** What a session is told, in order. */
class Ear {
  readonly client: NetconfClient;
  readonly #told: XmlElement[] = [];
  #heard = () => {};

  constructor(client: NetconfClient) {
    this.client = client;
  }

  async subscribe(options: Parameters<NetconfClient['subscribe']>[1]): Promise<this> {
    const reply = await this.client.subscribe(({ content }) => {
      this.#told.push(content);
      this.#heard();
    }, options);
    unwrap(reply);
    return this;
  }

  /** Up to the first of that name; nothing after it is lost. */
  async until(name: string, fits: (content: XmlElement) => boolean = () => true): Promise<XmlElement[]> {
    for (;;) {
      const at = this.#told.findIndex((content) => content.name === name && fits(content));
      if (at >= 0) return this.#told.splice(0, at + 1);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** All that has come. */
  take(): XmlElement[] {
    return this.#told.splice(0);
  }
}

const leaf = (content: XmlElement, name: string) => {
  const found = childElement(content, name);
  return found && elementText(found);
};
const names = (all: readonly XmlElement[]) => all.map(({ name }) => name);
const withdrawals = (all: readonly XmlElement[]) =>
  all
    .filter(({ name }) => name === 'service-withdrawn')
    .map((one) => `${leaf(one, 'host-id')} ${leaf(one, 'group-id')} ${leaf(one, 'reason')}`);

describe('the events of a headend', () => {
  let headend: HeadendProcess;
  let operator: Operator;
  const keys = new Map<string, HostKey>(HOSTS.map((id) => [id, hostKey(id)]));

  beforeAll(async () => {
    headend = await HeadendProcess.init({ requestsPerMinute: 1_000_000 });
    await headend.start();
    operator = await headend.operator();
    await operator.configure(
      twoClasses({
        calls: ['192.0.2.0/29', '2001:db8:1::/64'],
        bulk: ['198.51.100.0/24', '2001:db8:2::/64'],
        groupsMax: 64,
      }),
    );
    await operator.call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    for (const id of HOSTS) {
      const key = keys.get(id)!.public;
      await operator.call('sublane-headend:add-host', { 'host-id': id, subscriber: 'alice', 'public-key': key });
    }
  });
  afterAll(async () => {
    await operator?.client.close();
    await headend?.[Symbol.asyncDispose]();
  });

  async function host(id: string): Promise<NetconfClient> {
    return unwrap(
      await connect({
        ...headend.address,
        user: id,
        privateKey: keys.get(id)!.private,
        hostKey: { fingerprints: [headend.fingerprint] },
      }),
    );
  }

  async function lanes(
    client: NetconfClient,
    id: string,
    groups: readonly number[],
    priority: 'H' | 'L' = 'L',
  ): Promise<void> {
    const request = encodeRpc('ietf-subscriber-service-message:subscriber-service-message', {
      'host-id': id,
      location: 'auto',
      'application-group': groups.map((group) => ({
        id: group,
        direction: 'upld' as const,
        bandwidth: 1000,
        priority,
      })),
    });
    unwrap(await client.rpc(request));
  }

  const leases = (hostId: string) =>
    operator.pages('sublane-headend:list-leases', { 'host-id': hostId }, ({ lease }) => lease);

  it('are announced: two streams, that can be replayed, to hosts as to staff', async () => {
    const phone = await host('phone');
    for (const client of [phone, operator.client]) {
      expect(client.capabilities).toContain('urn:ietf:params:netconf:capability:notification:1.0');
      const netconf = '<netconf xmlns="urn:ietf:params:xml:ns:netmod:notification"/>';
      const { data } = unwrap(await client.get({ filter: { subtree: netconf } }));
      const streams = childElements(childElement(childElement(data, 'netconf')!, 'streams')!);
      expect(streams.map((stream) => [leaf(stream, 'name'), leaf(stream, 'replaySupport')])).toEqual([
        ['NETCONF', 'true'],
        ['service', 'true'],
      ]);
    }
    await phone.close();
  });

  it('of a host reach that host, before its session ends, and the staff; no other host', async () => {
    const staff = await new Ear((await headend.operator()).client).subscribe({});
    const [laptop, phone] = [new Ear(await host('laptop')), new Ear(await host('phone'))];
    await laptop.subscribe({ stream: 'service' });
    await phone.subscribe({});
    await lanes(laptop.client, 'laptop', [1, 2]);
    await lanes(phone.client, 'phone', [1]);
    const [lease] = await leases('laptop');
    await operator.call('sublane-headend:release-lease', { 'lease-id': lease!.id });
    const told = 'laptop 1 a lease of the host was taken back';
    expect(withdrawals(await laptop.until('service-withdrawn'))).toEqual([told]);
    await laptop.client.closed;
    const heard = await staff.until('netconf-session-end');
    expect(withdrawals(heard)).toEqual([told]);
    expect(names(heard).slice(-2)).toEqual(['service-withdrawn', 'netconf-session-end']);
    expect(leaf(heard.at(-1)!, 'termination-reason')).toBe('other');

    // What a host gives back by itself is no news to it.
    const release = 'xmlns="urn:sublane:params:xml:ns:yang:sublane-service"';
    unwrap(await phone.client.rpc(`<release-service ${release}><host-id>phone</host-id></release-service>`));
    await operator.call('sublane-headend:set-subscriber', { name: 'alice', suspended: true });
    await phone.client.closed;
    expect(phone.take()).toEqual([]);
    expect(withdrawals(await staff.until('service-withdrawn'))).toEqual(['laptop 2 the subscriber was suspended']);
    await operator.call('sublane-headend:set-subscriber', { name: 'alice', suspended: false });
    await staff.client.close();
  });

  it('of before reach a host that comes back, again only its own', async () => {
    const laptop = await new Ear(await host('laptop')).subscribe({ startTime: LONG_AGO });
    expect(withdrawals(await laptop.until('replayComplete'))).toEqual([
      'laptop 1 a lease of the host was taken back',
      'laptop 2 the subscriber was suspended',
    ]);
    const phone = await new Ear(await host('phone')).subscribe({ startTime: LONG_AGO });
    expect(names(await phone.until('replayComplete'))).toEqual(['replayComplete']);
    await Promise.all([laptop.client.close(), phone.client.close()]);
  });

  it('of the configuration and of pools reach the staff, and no host', async () => {
    const staff = await new Ear((await headend.operator()).client).subscribe({});
    const phone = await new Ear(await host('phone')).subscribe({});
    await operator.configure({
      pool: [{ name: 'bulk', class: 'best-effort', prefix: ['198.51.100.0/24'], 'warn-at': 50 }],
    });
    const change = (await staff.until('netconf-config-change')).at(-1)!;
    const target = childElements(change)
      .filter(({ name }) => name === 'edit')
      .map((edit) => leaf(edit, 'target'));
    expect(target).toEqual([
      "/sublane-headend:headend/sublane-headend:pool[sublane-headend:name='bulk']/sublane-headend:warn-at",
    ]);
    expect(leaf(childElement(change, 'changed-by')!, 'username')).toBe('local');
    expect(phone.take()).toEqual([]);

    // Six addresses, all of them taken: the headend looks at its pools every ten seconds.
    await lanes(phone.client, 'phone', [1, 2, 3, 4, 5, 6], 'H');
    const alarm = (await staff.until('pool-alarm')).at(-1)!;
    expect(childElements(alarm).map((one) => `${one.name} ${elementText(one)}`)).toEqual([
      'pool calls',
      'state filling',
      'held 6',
      'capacity 6',
      'percent 100',
    ]);
    expect(phone.take()).toEqual([]);
    await Promise.all([staff.client.close(), phone.client.close()]);
  });

  it('and what they tell of are one, also after SIGKILL: nothing acknowledged is lost', {
    timeout: 240_000,
  }, async () => {
    for (let kill = 0; kill < 3; kill++) {
      const groups = Array.from({ length: 12 }, (_, at) => 100 * (kill + 1) + at);
      await lanes(await host('tablet'), 'tablet', groups);
      const acknowledged: number[] = [];
      const blow = Promise.withResolvers<void>();
      const releases = (await leases('tablet')).map(async ({ id, 'group-id': group }) => {
        const released = await operator
          .call('sublane-headend:release-lease', { 'lease-id': id })
          .catch(() => undefined);
        if (released === undefined) return;
        acknowledged.push(group);
        if (acknowledged.length === 4 + kill) blow.resolve();
      });
      await blow.promise;
      await headend.stop('SIGKILL');
      await Promise.all(releases);
      operator.client.destroy();
      await headend.start();
      operator = await headend.operator();
      const left = (await leases('tablet')).map(({ 'group-id': group }) => group);
      const ear = await new Ear(await host('tablet')).subscribe({ stream: 'service', startTime: LONG_AGO });
      const told = (await ear.until('replayComplete'))
        .map((one) => Number(leaf(one, 'group-id')))
        .filter((group) => groups.includes(group));
      expect(told).toEqual(expect.arrayContaining(acknowledged));
      expect(told.toSorted()).toEqual(groups.filter((group) => !left.includes(group)));
      for (const { id } of await leases('tablet')) {
        await operator.call('sublane-headend:release-lease', { 'lease-id': id });
      }
      // Where none was left, nothing has ended its session.
      await ear.client.close();
    }
  });

  it('wait for nobody: a subscriber that does not read delays no other, and gets all when it reads', async () => {
    const frozen = await Frozen.open(join(headend.folder, 'headend.sock'));
    const staff = await new Ear((await headend.operator()).client).subscribe({});
    // Each says of 95 pools what has become of them: together more than what is under way to a session and waits for it.
    const pools = (warnAt: number) =>
      Array.from({ length: 95 }, (_, at) => ({
        name: `films-${at}`,
        class: 'films',
        prefix: [`10.0.${at}.0/24`],
        'warn-at': warnAt,
      }));
    const COMMITS = 100;
    for (let commit = 0; commit < COMMITS; commit++) {
      await operator.configure({ pool: pools(50 + (commit % 2)) });
      await staff.until('netconf-config-change');
    }
    const text = await frozen.thaw('netconf-config-change', COMMITS);
    expect(text.length).toBeGreaterThan(1_500_000);
    expect(text.match(/<netconf-config-change /g)).toHaveLength(COMMITS);
    const marks = Array.from(text.matchAll(/<eventTime>([^<]+)</g), ([, time]) => time);
    expect(marks).toEqual(marks.toSorted());
    await staff.client.close();
  });
});

/** A session over the Unix socket that subscribes and then leaves everything in its socket. */
class Frozen {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(path: string): Promise<Frozen> {
    const socket = connectSocket(path);
    await once(socket, 'connect');
    const base = 'urn:ietf:params:netconf:base:1.0';
    socket.write(
      `<hello xmlns="${base.replace('urn:ietf:params:', 'urn:ietf:params:xml:ns:')}"><capabilities><capability>${base}</capability></capabilities></hello>]]>]]>`,
    );
    const subscribe = '<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>';
    socket.write(`<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">${subscribe}</rpc>]]>]]>`);
    let said = '';
    while (!said.includes('<ok/>')) {
      const [piece] = (await once(socket, 'data')) as [Buffer];
      said += piece.toString();
    }
    socket.pause();
    return new Frozen(socket);
  }

  /** Reads until so many of that name have come; all that has. */
  async thaw(name: string, times: number): Promise<string> {
    let text = '';
    this.#socket.setEncoding('utf8');
    this.#socket.resume();
    for await (const piece of this.#socket) {
      text += piece;
      if (text.split(`</${name}>`).length > times) break;
    }
    return text;
  }
}
