import { ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import type { Identity, ServerEvents, Session } from 'netconf-server';
import { beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { doorEvents, messageLimitOf } from './doors.ts';
import { EnrolDoor } from './enrol-door.ts';
import { HostSessions } from './host-sessions.ts';
import { Revocations } from './revocations.ts';
import { enrolIdentity, hostIdentity, LOCAL_IDENTITY, operatorIdentity } from './roles.ts';

let store: Store;
let clock: ManualClock;
let events: ServerEvents;
beforeEach(async () => {
  store = unwrap(await openSqliteStore({ path: ':memory:' }));
  clock = new ManualClock();
  const enrolDoor = new EnrolDoor({ invitations: store.invitations, clock });
  events = doorEvents({
    store,
    clock,
    log: silentLog,
    hostSessions: new HostSessions(clock),
    enrolDoor,
    revocations: new Revocations(),
  });
});

const refuse = (identity: Identity, target: string) =>
  events.accessRefused?.({ session: { identity } as Session, access: 'invoke', target, rule: 'the-rule' });

const rows = async () => {
  // What was noted before is written when this is.
  unwrap(await store.audit.append([]));
  const { items } = await store.audit.list({}, { limit: 1000 });
  return items.map(({ event, actor, hostId, detail }) => ({ event, actor, ...(hostId && { hostId }), ...detail }));
};

it('what a host may not do is in the trail, under the host', async () => {
  refuse(hostIdentity('laptop'), 'ietf-netconf:edit-config');
  expect(await rows()).toEqual([
    {
      event: 'request-refused',
      actor: 'laptop',
      hostId: 'laptop',
      code: 'access-denied',
      rule: 'the-rule',
      target: 'ietf-netconf:edit-config',
    },
  ]);
});

it('a host that goes on, whatever it tries, leaves one row a minute, which says how often', async () => {
  for (let i = 0; i < 500; i++) refuse(hostIdentity('laptop'), `another:rpc-${i}`);
  refuse(hostIdentity('phone'), 'ietf-netconf:edit-config');
  expect((await rows()).map(({ actor }) => actor)).toEqual(['laptop', 'phone']);
  await clock.advance(milliseconds(60_000));
  refuse(hostIdentity('laptop'), 'ietf-netconf:lock');
  expect((await rows()).at(-1)).toMatchObject({ actor: 'laptop', target: 'ietf-netconf:lock', unnoted: 499 });
});

it('of people each refusal is in the trail, of the Unix socket’s too', async () => {
  for (const identity of [operatorIdentity('aron', 'auditor'), LOCAL_IDENTITY])
    for (let i = 0; i < 3; i++) refuse(identity, 'sublane-headend:add-host');
  expect((await rows()).map(({ actor }) => actor)).toEqual(['aron', 'aron', 'aron', 'local', 'local', 'local']);
});

it('a host that comes and goes leaves so many rows a minute; people leave more', async () => {
  const comeAndGo = (identity: Identity, id: number) => {
    const session = { id, identity, transport: 'ssh' } as Session;
    events.sessionOpened?.(session);
    events.sessionClosed?.(session, { kind: 'other', detail: 'it went' });
  };
  for (let id = 1; id <= 100; id++) comeAndGo(hostIdentity('laptop'), id);
  expect((await rows()).length).toBe(40);
  await clock.advance(milliseconds(60_000));
  comeAndGo(hostIdentity('laptop'), 101);
  expect((await rows()).slice(-2)).toMatchObject([
    { event: 'session-opened', session: 101, unnoted: 160 },
    { event: 'session-closed', session: 101 },
  ]);
  for (let id = 1; id <= 30; id++) comeAndGo(operatorIdentity('olga', 'operator'), id);
  expect((await rows()).length).toBe(102);
});

it('an auditor who is refused over and over fills no store', async () => {
  const aron = operatorIdentity('aron', 'auditor');
  for (let times = 0; times < 1_000; times++) refuse(aron, `create /headend/pool[name='p${times}']`);
  expect((await rows()).length).toBe(200);
  await clock.advance(milliseconds(60_000));
  refuse(aron, 'ietf-netconf:lock');
  expect((await rows()).at(-1)).toMatchObject({ actor: 'aron', target: 'ietf-netconf:lock', unnoted: 800 });
});

it('nobody but staff has the headend read megabytes', () => {
  expect(messageLimitOf(hostIdentity('laptop'))).toBe(262_144);
  expect(messageLimitOf(enrolIdentity('i1', new Uint8Array()))).toBe(262_144);
  expect(messageLimitOf(operatorIdentity('aron', 'auditor'))).toBeUndefined();
  expect(messageLimitOf(LOCAL_IDENTITY)).toBeUndefined();
});
