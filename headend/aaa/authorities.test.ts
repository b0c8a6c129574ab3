import { failed, ManualClock, ok, seconds, silentLog } from '@sublane/basics';
import type { AccessAnswer, RadiusClient, RadiusClientOptions } from '@sublane/radius';
import { attribute } from '@sublane/radius';
import { describe, expect, it } from 'vitest';
import { type AaaConfiguration, NO_AAA, type RadiusGroup } from './aaa-configuration.ts';
import { authorityOf, createAuthorities, enrolledFor } from './authorities.ts';
import type { Authenticator } from './grant.ts';
import { PasswordAttempts } from './password-attempts.ts';
import { RadiusClients } from './radius-clients.ts';
import { radiusGroup } from './radius-group.fixture.ts';

const groups = (...all: RadiusGroup[]) => new Map(all.map((one) => [one.name, one]));

/** Clients that answer when told to, and remember what they were made of. */
function scripted(files: Record<string, string> = { isp: 'geheim' }) {
  const made: { options: RadiusClientOptions; closed: boolean; answer: (answer: AccessAnswer) => void }[] = [];
  const read = (file: string) => (files[file] === undefined ? failed(`${file}: cannot be read`) : ok(files[file]));
  const clients = new RadiusClients({
    secrets: { line: read, key: read, certificates: read },
    clock: new ManualClock(),
    log: silentLog,
    create(options) {
      const waiting = Promise.withResolvers<AccessAnswer>();
      const one = { options, closed: false, answer: waiting.resolve };
      made.push(one);
      return {
        authenticate: async () => ok(await waiting.promise),
        account: async () => ok(),
        status: () => [{ name: 'a', state: 'alive', requests: 1, timeouts: 0, rejectedReplies: 0 }],
        close: async () => {
          one.closed = true;
        },
      } satisfies RadiusClient;
    },
  });
  return { clients, made, files };
}

const GOLD: AccessAnswer = { answer: 'accept', server: 'a', attributes: [attribute('Filter-Id', 'gold')] };
const request = { hostId: 'laptop', enrolledFor: 'alice@isp.net', source: 'laptop' };

describe('who answers for a name', () => {
  const aaa = { authority: 'rest', realms: new Map([['isp.net', 'isp']]) };
  it.each([
    ['alice', 'rest'],
    ['alice@isp.net', 'isp'],
    ['alice@ISP.Net', 'isp'],
    ['alice@x@isp.net', 'isp'],
    ['alice@isp.net.evil', 'rest'],
    ['alice@', 'rest'],
  ])('%s', (name, authority) => {
    expect(authorityOf(aaa, name)).toBe(authority);
  });
});

it('a host is enrolled for a subscriber of elsewhere by the canonical name, whether the store has it or not', () => {
  const aaa = { authority: 'embedded', realms: new Map([['isp.net', 'isp']]) };
  expect(enrolledFor(aaa, 'Alice@ISP.net')).toEqual({ subscriber: 'Alice@isp.net', elsewhere: true });
  expect(enrolledFor(aaa, 'alice@Home.net')).toEqual({ subscriber: 'alice@Home.net', elsewhere: false });
});

describe('the authorities', () => {
  const embedded: Authenticator = {
    authenticate: async () => ok({ subscriber: 'alice', plan: 'own', authority: 'embedded' }),
  };
  const start = (aaa: Partial<AaaConfiguration>) => {
    const { clients, made, files } = scripted();
    const configuration = { ...NO_AAA, ...aaa };
    clients.apply(configuration.groups);
    const attempts = new PasswordAttempts(new ManualClock());
    const authorities = createAuthorities({ aaa: () => configuration, embedded, clients, attempts, headend: 'edge' });
    return { authorities, clients, made, files };
  };

  it('the embedded one answers where no realm says otherwise', async () => {
    const { authorities } = start({ groups: groups(radiusGroup('isp')) });
    expect(await authorities.authenticate(request)).toMatchObject({ value: { authority: 'embedded' } });
  });

  it('a RADIUS group answers for its realm', async () => {
    const { authorities, made } = start({ groups: groups(radiusGroup('isp')), realms: new Map([['isp.net', 'isp']]) });
    made[0]!.answer(GOLD);
    expect(await authorities.authenticate(request)).toMatchObject({ value: { authority: 'isp', plan: 'gold' } });
    expect(await authorities.authenticate({ ...request, userName: 'bob', password: 'x' })).toMatchObject({
      value: { authority: 'embedded' },
    });
  });

  it('one whose secrets cannot be read is away', async () => {
    const unread = radiusGroup('isp', { servers: [{ ...radiusGroup('isp').servers[0]!, secretFile: 'gone' }] });
    const { authorities } = start({ groups: groups(unread), authority: 'isp' });
    expect(await authorities.authenticate(request)).toMatchObject({ failure: { kind: 'aaa-away', authority: 'isp' } });
  });
});

describe('the clients', () => {
  it('are made once, and anew for what changes: servers, limits, secrets', () => {
    const { clients, made, files } = scripted();
    clients.apply(groups(radiusGroup('isp'), radiusGroup('other')));
    clients.apply(groups(radiusGroup('isp', { defaultPlan: 'gold' }), radiusGroup('other')));
    expect(made).toHaveLength(2);
    clients.apply(groups(radiusGroup('isp', { deadTime: seconds(7) }), radiusGroup('other')));
    expect(made.map(({ closed }) => closed)).toEqual([true, false, false]);
    expect(made[2]!.options).toMatchObject({ deadTime: 7000, servers: [{ secret: 'geheim' }] });
    files.isp = 'anders';
    clients.apply(groups(radiusGroup('isp', { deadTime: seconds(7) })));
    expect(made.map(({ closed }) => closed)).toEqual([true, true, true, false]);
    expect(clients.status()).toEqual([
      { authority: 'isp', name: 'a', state: 'alive', requests: 1, timeouts: 0, rejectedReplies: 0 },
    ]);
  });

  it('answer what they are being asked before they are closed', async () => {
    const { clients, made } = scripted();
    clients.apply(groups(radiusGroup('isp')));
    const asked = clients.with('isp', (client) =>
      client.authenticate({ attributes: [], credential: { method: 'authorize-only' } }),
    );
    clients.apply(groups());
    expect(clients.with('isp', async () => 1)).toBeUndefined();
    expect(made[0]!.closed).toBe(false);
    made[0]!.answer(GOLD);
    expect(await asked).toEqual(ok(GOLD));
    expect(made[0]!.closed).toBe(true);
  });

  it('stay as they are while a secret cannot be read', () => {
    const { clients, made, files } = scripted();
    clients.apply(groups(radiusGroup('isp')));
    delete files.isp;
    clients.apply(groups(radiusGroup('isp', { deadTime: seconds(7) })));
    expect(made.map(({ closed }) => closed)).toEqual([false]);
  });

  it('by TLS have their files, and no secret', () => {
    const { clients, made } = scripted({ ca: 'CA', cert: 'CERT', key: 'KEY' });
    const servers = [{ name: 'a', host: 'aaa.example', authenticationPort: 2083, accountingPort: 2083 }];
    const tls = { caFile: 'ca', certificateFile: 'cert', keyFile: 'key' };
    clients.apply(groups(radiusGroup('isp', { transport: 'tls', servers, tls })));
    expect(made[0]!.options).toMatchObject({ transport: 'tls', tls: { ca: 'CA', certificate: 'CERT', key: 'KEY' } });
    expect(made[0]!.options.servers[0]).not.toHaveProperty('secret');
  });

  it('are all closed at the end', async () => {
    const { clients, made } = scripted();
    clients.apply(groups(radiusGroup('isp'), radiusGroup('other')));
    await clients.close();
    expect(made.map(({ closed }) => closed)).toEqual([true, true]);
  });
});
