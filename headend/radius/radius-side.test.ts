import { failed, ManualClock, milliseconds, ok, seconds, silentLog, unwrap } from '@sublane/basics';
import type { DynamicAuthorizationOptions, RadiusClient } from '@sublane/radius';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AaaConfiguration, type EdgeSettings, NO_AAA } from '../aaa/aaa-configuration.ts';
import { RadiusClients } from '../aaa/radius-clients.ts';
import { radiusGroup } from '../aaa/radius-group.fixture.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { furnish, group, reservation } from '../store/store-fixture.ts';
import { RadiusSide } from './radius-side.ts';

const isp = radiusGroup('isp', { accounting: { interimInterval: seconds(600) } });
const BNG: EdgeSettings = {
  name: 'bng',
  host: '192.0.2.20',
  port: 3799,
  secretFile: 'bng',
  messageAuthenticator: 'optional',
};
const ALL: AaaConfiguration = {
  ...NO_AAA,
  groups: new Map([['isp', isp]]),
  edges: new Map([['bng', BNG]]),
  dynamicAuthorization: {
    listen: '192.0.2.1',
    port: 3799,
    clients: new Map([['192.0.2.9', { secretFile: 'coa', authority: 'isp' }]]),
  },
};

let store: Store;
let clock: ManualClock;
let aaa: AaaConfiguration;
let files: Record<string, string>;
let events: string[];
let accounted: number;
let occupied: boolean;
let listening: DynamicAuthorizationOptions | undefined;
let side: RadiusSide;

beforeEach(async () => {
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop']);
  clock = new ManualClock();
  aaa = ALL;
  files = { isp: 'one', bng: 'two', coa: 'three' };
  events = [];
  accounted = 0;
  occupied = false;
  listening = undefined;
  const line = (file: string) => (files[file] === undefined ? failed(`${file}: is missing`) : ok(files[file]));
  const secrets = { line, key: line, certificates: line };
  const clients = new RadiusClients({
    secrets,
    clock,
    log: silentLog,
    create: ({ servers }): RadiusClient => ({
      authenticate: async () => failed({ kind: 'closed', message: '' }),
      account: async () => {
        accounted += 1;
        return ok();
      },
      status: () =>
        servers.map(({ name }) => ({ name, state: 'unknown', requests: 0, timeouts: 0, rejectedReplies: 0 })),
      close: async () => void events.push('client closed'),
    }),
  });
  side = new RadiusSide({
    aaa: () => aaa,
    store,
    clients,
    secrets,
    headend: 'vienna-1',
    clock,
    log: silentLog,
    random: () => 0.5,
    obey: async () => ({ answer: 'ack' }),
    listen: async (options) => {
      if (occupied) return failed({ kind: 'cannot-listen', code: 'EADDRINUSE', message: 'taken' });
      events.push(`listening on ${options.host} ${options.port}`);
      listening = options;
      return ok({
        address: options.host,
        port: options.port ?? 0,
        counters: () => ({}) as never,
        close: async () => void events.push('listener closed'),
      });
    },
    edgeClient: ({ name, host, messageAuthenticator }, secret) => {
      events.push(`edge ${name} at ${host} with ${secret}, ${messageAuthenticator}`);
      return {
        disconnect: async () => ok({ answer: 'ack', attributes: [] }),
        close: async () => void events.push('edge closed'),
      };
    },
  });
});
afterEach(async () => {
  await side.close();
  await store.close();
});

const apply = async (next = aaa) => {
  aaa = next;
  const applied = side.apply();
  await clock.advance(milliseconds(1_000));
  await applied;
  await clock.advance(milliseconds(1_000));
};

describe('what speaks RADIUS', () => {
  it('is as the configuration says, and the same configuration changes nothing', async () => {
    await apply();
    const before = [...events];
    expect(before).toEqual(['edge bng at 192.0.2.20 with two, optional', 'listening on 192.0.2.1 3799']);
    expect(side.status()).toMatchObject({ servers: [{ authority: 'isp' }], accountingWaiting: 0, edgeWaiting: 0 });
    await apply();
    expect(events).toEqual(before);
    expect(await store.feeds.names()).toEqual(['accounting:isp', 'edge:bng']);
  });

  it('goes when the configuration has it no more, and its places in the trail too', async () => {
    await apply();
    await apply(NO_AAA);
    expect(events.slice(2).sort()).toEqual(['client closed', 'edge closed', 'listener closed']);
    expect(side.status()).toEqual({ servers: [] });
    expect(await store.feeds.names()).toEqual([]);
  });

  it('is replaced where its place or its secret changes', async () => {
    await apply();
    files.bng = 'other';
    await apply({ ...ALL, dynamicAuthorization: { ...ALL.dynamicAuthorization!, port: 3800 } });
    expect(events.slice(2)).toEqual([
      'edge closed',
      'edge bng at 192.0.2.20 with other, optional',
      'listener closed',
      'listening on 192.0.2.1 3800',
    ]);
  });

  it('tells, from where it was when another took its place', async () => {
    await apply();
    unwrap(await store.leases.reserve(reservation('laptop', [group(1)], { authority: 'isp', at: clock.now() })));
    await clock.advance(milliseconds(1_000));
    expect(accounted).toBe(1);
    await apply({ ...ALL, groups: new Map([['isp', { ...isp, accounting: { interimInterval: seconds(60) } }]]) });
    await clock.advance(milliseconds(1_000));
    expect(accounted).toBe(1);
    unwrap(await store.leases.release('laptop', [], { actor: 'laptop', at: clock.now() }));
    await clock.advance(milliseconds(1_000));
    expect(accounted).toBe(2);
  });

  it('knows its clients’ secrets, new ones too, and keeps one that cannot be read any more', async () => {
    await apply();
    expect(listening!.secretOf('192.0.2.9')).toBe('three');
    expect(listening!.secretOf('192.0.2.10')).toBeUndefined();
    files.coa = 'four';
    await apply();
    expect(listening!.secretOf('192.0.2.9')).toBe('four');
    delete files.coa;
    delete files.bng;
    await apply();
    expect(listening!.secretOf('192.0.2.9')).toBe('four');
    expect(events.filter((event) => event === 'edge closed')).toEqual([]);
  });

  it('listens later where its place is taken, unless it is no more to', async () => {
    occupied = true;
    await apply();
    expect(listening).toBeUndefined();
    occupied = false;
    await clock.advance(milliseconds(20_000));
    expect(listening).toBeDefined();
  });
});
