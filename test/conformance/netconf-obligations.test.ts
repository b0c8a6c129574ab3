// Obligations of RFC 6241, 6242 and 8341 that need several parts of a server at once, through what the package exports.
import { duplexPair } from 'node:stream';
import { ok, silentLog, unwrap } from '@sublane/basics';
import { BASE_NAMESPACE, CAPABILITY, hasCapability } from '@sublane/netconf';
import { moduleSources } from '@sublane/yang';
import { type Context, Libyang } from 'libyang-wasm';
import {
  createNacm,
  createNetconfServer,
  type DatastoreOptions,
  generateHostKey,
  type Identity,
  listenSsh,
  type NetconfServer,
  nacmParticipant,
  type OperationalProvider,
  openDatastores,
} from 'netconf-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RawSession } from './raw-session.ts';

const ROOM = 'urn:example:room';
const MODULE = `module room {
  yang-version 1.1; namespace "${ROOM}"; prefix r; revision 2026-11-21;
  container room {
    leaf name { type string; }
    leaf size { type uint8; }
    list chair {
      key id; unique label; leaf id { type string; } leaf label { type string; }
      notification broken { leaf leg { type uint8; } }
    }
    leaf lamps { config false; type uint8; }
    notification dark { leaf since { type string; } }
  }
  rpc clean;
}`;
const NACM = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm';
const STANDARD = [
  ...['ietf-netconf', 'ietf-netconf-acm', 'ietf-netconf-monitoring', 'ietf-yang-library'],
  ...['notifications', 'nc-notifications'],
];

let context: Context;
const servers: NetconfServer[] = [];
beforeAll(() => {
  const sources = [...moduleSources(), { name: 'room', text: MODULE }];
  const implement = [...STANDARD, 'room'].map((name) =>
    name === 'ietf-netconf'
      ? { name, features: ['candidate', 'startup', 'validate', 'confirmed-commit', 'xpath', 'url'] }
      : { name },
  );
  context = unwrap(Libyang.load().createContext({ sources, implement }));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ drain: 0 });
});
afterAll(() => context?.dispose());

const rpc = (operation: string) => `<rpc xmlns="${BASE_NAMESPACE}" message-id="1">${operation}</rpc>`;
const inRoom = (inside: string) => `<room xmlns="${ROOM}">${inside}</room>`;
const edit = (config: string, target = 'running') =>
  rpc(
    `<edit-config><target><${target}/></target><config xmlns:nc="${BASE_NAMESPACE}">${config}</config></edit-config>`,
  );
const GET = rpc(`<get><filter>${inRoom('')}</filter></get>`);

interface Setting extends Partial<DatastoreOptions> {
  readonly recovery?: (identity: Identity) => boolean;
  readonly provider?: OperationalProvider;
}

/** A server under NACM; `root` is its recovery session unless another is given. */
async function open({ recovery = ({ user }) => user === 'root', provider, ...options }: Setting = {}) {
  const datastores = unwrap(
    await openDatastores({ schema: context, log: silentLog, participants: [nacmParticipant(context)], ...options }),
  );
  const access = createNacm({ schema: context, running: () => datastores.running.read(), isRecovery: recovery });
  const server = createNetconfServer({
    schema: context,
    access,
    datastores,
    operational: [access.state, ...(provider ? [provider] : [])],
    log: silentLog,
    notifications: {},
    rpcs: { 'room:clean': () => ({ kind: 'ok' }) },
  });
  servers.push(server);
  const session = (user: string) => {
    const [near, far] = duplexPair();
    unwrap(server.accept(far, { identity: { user, role: 'user' }, transport: 'other' }));
    return RawSession.open(near);
  };
  return { server, datastores, session };
}

const rule = (name: string, inside: string, action = 'permit') =>
  `<rule><name>${name}</name>${inside}<action>${action}</action></rule>`;
const nacm = (rules: string, more = '') =>
  `<nacm xmlns="${NACM}">${more}<groups><group><name>staff</name><user-name>ann</user-name></group></groups>` +
  `<rule-list><name>of-staff</name><group>staff</group>${rules}</rule-list></nacm>`;
const EVERYTHING = rule('all', '<module-name>*</module-name><access-operations>*</access-operations>');

describe('capabilities (RFC 6241 §1.3, §8)', () => {
  const DEPENDS: readonly (readonly [string, (has: (uri: string) => boolean) => boolean])[] = [
    // §8.4.2, §8.5.2
    [CAPABILITY.confirmedCommit, (has) => has(CAPABILITY.candidate)],
    [CAPABILITY.rollbackOnError, () => true],
    // RFC 5277 §6.1
    [CAPABILITY.interleave, (has) => has(CAPABILITY.notification)],
  ];

  test.each([
    ['running alone', {}],
    ['a candidate', { candidate: true }],
    ['a candidate, running not writable', { candidate: true, writableRunning: false }],
    ['startup', { startup: true }],
    ['everything', { candidate: true, startup: true }],
  ])('with %s: each comes with those it depends on, and does what it says', async (_, options) => {
    const { server, session } = await open({ ...options, recovery: () => true });
    const has = (uri: string) => hasCapability(server.capabilities, uri);
    for (const [uri, holds] of DEPENDS) if (has(uri)) expect(holds(has), uri).toBe(true);
    const client = await session('root');
    const said = async (operation: string) => (await client.send(rpc(operation))).replace(/ .*/, '');
    const yes = (uri: string) => (has(uri) ? 'ok' : 'error');
    expect(await said(`<edit-config><target><running/></target><config/></edit-config>`)).toBe(
      yes(CAPABILITY.writableRunning),
    );
    expect(await said('<discard-changes/>')).toBe(yes(CAPABILITY.candidate));
    expect(await said('<commit/>')).toBe(yes(CAPABILITY.candidate));
    expect(await said('<lock><target><candidate/></target></lock>')).toBe(yes(CAPABILITY.candidate));
    expect(await said('<validate><source><running/></source></validate>')).toBe(yes(CAPABILITY.validate));
    expect(await said('<get><filter type="xpath" select="/*"/></get>')).toBe(has(CAPABILITY.xpath) ? 'data' : 'error');
    // "The server MUST support the following additional values" (§8.7.5.1)
    const startup = yes(CAPABILITY.startup);
    const read = '<get-config><source><startup/></source></get-config>';
    expect(await said(read)).toBe(startup === 'ok' ? 'data' : 'error');
    expect(await said('<copy-config><target><startup/></target><source><running/></source></copy-config>')).toBe(
      startup,
    );
    expect(await said('<lock><target><startup/></target></lock>')).toBe(startup);
    expect(await said('<unlock><target><startup/></target></unlock>')).toBe(startup);
    expect(await said('<validate><source><startup/></source></validate>')).toBe(startup);
    expect(await said('<delete-config><target><startup/></target></delete-config>')).toBe(startup);
  });
});

test('SSH is on port 830 unless another is given (RFC 6242 §3)', async () => {
  const { server } = await open();
  const options = { server, host: '127.0.0.1', hostKeys: [generateHostKey()], authenticate: () => undefined };
  const listening = await listenSsh(options);
  // Whoever may not open it, or finds somebody there, is told which port was wanted.
  if (listening.ok) expect(listening.value.address.port).toBe(830);
  else expect(listening.failure.message).toContain('830');
  if (listening.ok) await listening.value.close();
});

describe('access control (RFC 8341)', () => {
  test('without rules nobody writes but a recovery session (§3.4.1)', async () => {
    const { session } = await open();
    const [ann, root] = [await session('ann'), await session('root')];
    expect(await ann.send(GET)).toBe('data');
    expect(await ann.send(edit(inRoom('<name>a</name>')))).toBe('error access-denied');
    expect(await root.send(edit(inRoom('<name>a</name>')))).toBe('ok');
  });

  test('every operation is asked for by itself, in each session (§3.4.4)', async () => {
    const rules = rule('no cleaning', '<module-name>room</module-name><rpc-name>clean</rpc-name>', 'deny');
    const { session } = await open({ initial: nacm(rules + EVERYTHING) });
    const [ann, ben] = [await session('ann'), await session('ben')];
    const clean = rpc(`<clean xmlns="${ROOM}"/>`);
    expect([await ann.send(clean), await ben.send(clean), await ann.send(clean)]).toEqual([
      'error access-denied',
      'ok',
      'error access-denied',
    ]);
    expect(await ann.send(GET)).toBe('data');
    // §3.2.7, §3.2.10: no rule permits them to ben, and exec-default does not count.
    expect(await ben.send(rpc('<delete-config><target><startup/></target></delete-config>'))).toBe(
      'error access-denied',
    );
    expect(await ben.send(rpc('<kill-session><session-id>1</session-id></kill-session>'))).toBe('error access-denied');
    expect(await ben.send(rpc('<close-session/>'))).toBe('ok');
  });

  test('the rules a request finds are those it is answered by, to its end (§3.4)', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const provider: OperationalProvider = {
      module: 'room',
      name: 'room',
      read: async () => {
        await gate;
        return ok(inRoom('<lamps>4</lamps>'));
      },
    };
    const { session, datastores } = await open({
      initial: inRoom('<name>a</name>') + nacm(EVERYTHING),
      provider,
    });
    const ann = await session('ann');
    const read = ann.text(GET);
    await new Promise((resolve) => setImmediate(resolve));
    const blind = rule('blind', '<module-name>room</module-name><access-operations>read</access-operations>', 'deny');
    unwrap(await datastores.running.commit(() => ok(inRoom('<name>a</name>') + nacm(blind))));
    go();
    expect(await read).toContain('<lamps>4</lamps>');
    expect(await ann.text(GET)).not.toContain('lamps');
  });

  test('an edit that takes its own right away is carried out whole, and is the last (§3.4)', async () => {
    const { session } = await open({ initial: nacm(EVERYTHING) });
    const ann = await session('ann');
    const gone = `<nacm xmlns="${NACM}" nc:operation="delete"/>${inRoom('<name>b</name>')}`;
    expect(await ann.send(edit(gone))).toBe('ok');
    expect(await ann.send(edit(inRoom('<name>c</name>')))).toBe('error access-denied');
  });

  test('an error holds nothing of what its reader may not read (§3.2.5, §3.4.3; RFC 6241 §4.3)', async () => {
    const hidden = rule(
      'hidden',
      `<path xmlns:r="${ROOM}">/r:room/r:chair[r:id='throne']</path><access-operations>read</access-operations>`,
      'deny',
    );
    const chairs = '<chair><id>throne</id><label>gold</label></chair>';
    const { session } = await open({ initial: inRoom(chairs) + nacm(hidden + EVERYTHING) });
    const ann = await session('ann');
    for (const inside of [
      '<chair><id>stool</id><label>gold</label></chair>',
      '<chair nc:operation="create"><id>throne</id></chair>',
      '<chair nc:operation="delete"><id>throne</id><label>x</label></chair><size>999</size>',
    ]) {
      const reply = await ann.text(edit(inRoom(inside)));
      expect(reply).toContain('<rpc-error');
      expect(reply).not.toContain('throne');
    }
    expect(await ann.text(GET)).not.toContain('throne');
  });

  test('a commit is asked for what it changes in running, and for nothing else (§3.2.8; RFC 6241 §9)', async () => {
    const only = rule(
      'name only',
      `<path xmlns:r="${ROOM}">/r:room/r:name</path><access-operations>*</access-operations>`,
    );
    const { session } = await open({
      candidate: true,
      initial: inRoom('<name>a</name><size>1</size>') + nacm(only),
    });
    const [ann, root] = [await session('ann'), await session('root')];
    expect(await ann.send(edit(inRoom('<name>b</name>'), 'candidate'))).toBe('ok');
    expect(await ann.send(rpc('<commit/>'))).toBe('ok');
    // "user A MUST NOT be allowed to commit" what user B put there and A may not change.
    expect(await root.send(edit(inRoom('<size>2</size>'), 'candidate'))).toBe('ok');
    expect(await ann.send(rpc('<commit/>'))).toBe('error access-denied');
    expect(await root.send(rpc('<commit/>'))).toBe('ok');
  });

  test('a notification within the data is received by who may read it and all above it (§3.1.3, §3.4.5)', async () => {
    const rules =
      rule('no throne', `<path xmlns:r="${ROOM}">/r:room/r:chair[r:id='throne']</path>`, 'deny') +
      rule('no darkness', `<path xmlns:r="${ROOM}">/r:room/r:dark</path>`, 'deny');
    const { session, server } = await open({ initial: nacm(rules) });
    const [ann, ben] = [await session('ann'), await session('ben')];
    const subscribe = rpc('<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>');
    expect([await ann.send(subscribe), await ben.send(subscribe)]).toEqual(['ok', 'ok']);
    const broken = (id: string) => inRoom(`<chair><id>${id}</id><broken><leg>1</leg></broken></chair>`);
    const at = new Date();
    const events = [
      { at, module: 'room', name: 'broken', xml: broken('throne') },
      { at, module: 'room', name: 'dark', xml: inRoom('<dark><since>noon</since></dark>') },
      { at, module: 'room', name: 'broken', xml: broken('stool') },
    ];
    for (const event of events) await server.publish(event);
    for (const word of ['throne', 'noon', 'stool']) expect(await ben.next()).toContain(word);
    expect(await ann.next()).toContain('stool');
  });

  test('the module is served: switches, rules and counters (§3.5.2)', async () => {
    const { session, server } = await open();
    expect(server.capabilities.some((uri) => uri.includes(NACM))).toBe(true);
    const [ann, root] = [await session('ann'), await session('root')];
    await ann.send(edit(inRoom('<name>a</name>')));
    const reply = await root.text(rpc(`<get><filter><nacm xmlns="${NACM}"/></filter></get>`));
    for (const counter of ['denied-operations>0', 'denied-data-writes>1', 'denied-notifications>0']) {
      expect(reply).toContain(`<${counter}</`);
    }
  });

  test('disabled, everything is permitted, and no rule is lost (§3.3.4.1)', async () => {
    const off = '<enable-nacm>false</enable-nacm>';
    const { session } = await open({ initial: nacm('', off) });
    const ben = await session('ben');
    expect(await ben.send(edit(inRoom('<name>a</name>')))).toBe('ok');
    expect(await ben.text(rpc(`<get-config><source><running/></source></get-config>`))).toContain('of-staff');
  });
});
