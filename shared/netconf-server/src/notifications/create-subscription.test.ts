import { childElement, childElements, elementText, escapeAttribute, writeXml } from '@sublane/netconf';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AccessControl, PERMITTED, UNRESTRICTED } from '../access.ts';
import type { NetconfServer, ServerOptions } from '../server.ts';
import { attach, connect, inLab, running, serve } from '../testing/harness.ts';
import { alarm, notification, notificationLab, subscribe, told, toldTimes } from '../testing/notification-lab.ts';
import { infoOf, isOk, type TestClient } from '../testing/test-client.ts';
import type { NotificationOptions } from './event-hub.ts';
import { MemoryEventLog } from './memory-event-log.ts';

afterEach(() => {
  vi.useRealTimers();
});

const STREAMS: NotificationOptions = {
  streams: [
    { name: 'alarms', description: 'what is wrong & where', includes: ({ module }) => module === 'alarms' },
    { name: 'nothing', description: 'never anything', includes: () => false },
  ],
};

function server(notifications: NotificationOptions = STREAMS, more: Partial<ServerOptions> = {}): NetconfServer {
  return serve({ schema: notificationLab().context, notifications, ...more });
}

const NETCONF_STATE = '<get><filter><netconf xmlns="urn:ietf:params:xml:ns:netmod:notification"/></filter></get>';
const ALARMS = '<stream>alarms</stream>';
/** A request like any other. */
const NOTHING = '<get><filter/></get>';
const from = (time: Date) => `<startTime>${time.toISOString()}</startTime>`;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds);

async function subscribed(one: NetconfServer, inside = ALARMS, user = 'ann'): Promise<TestClient> {
  const client = await connect(one, user);
  const reply = await client.rpc(subscribe(inside));
  if (!isOk(reply)) throw new Error(writeXml(reply));
  return client;
}

/** Nothing has come: the next message is the reply to this. */
async function heardNothing(client: TestClient): Promise<void> {
  expect(childElement(await client.rpc(NOTHING), 'data')).toBeDefined();
}

describe('what is announced', () => {
  test(':notification and :interleave where they work, neither where they do not', async () => {
    const uris = (one: NetconfServer) => one.capabilities.filter((uri) => /capability:(notif|interl)/.test(uri));
    expect(uris(server())).toEqual([
      'urn:ietf:params:netconf:capability:notification:1.0',
      'urn:ietf:params:netconf:capability:interleave:1.0',
    ]);
    for (const without of [serve({ schema: notificationLab().context }), serve({ notifications: {} })]) {
      expect(uris(without)).toEqual([]);
      const [error] = await (await connect(without)).errors(subscribe());
      expect(error?.tag).toBe('operation-not-supported');
    }
  });

  test('the streams, by get; as their module has them', async () => {
    const read = async (one: NetconfServer) => {
      const data = childElement(await (await connect(one)).rpc(NETCONF_STATE), 'data');
      const xml = childElements(data!).map(writeXml).join('');
      expect(notificationLab().context.parseData(xml, 'xml').ok).toBe(true);
      const streams = childElement(childElement(data!, 'netconf')!, 'streams')!;
      return childElements(streams).map((stream) =>
        Object.fromEntries(childElements(stream).map((leaf) => [leaf.name, elementText(leaf)])),
      );
    };
    expect(await read(server())).toEqual([
      { name: 'NETCONF', description: 'all events of this server', replaySupport: 'false' },
      { name: 'alarms', description: 'what is wrong & where', replaySupport: 'false' },
      { name: 'nothing', description: 'never anything', replaySupport: 'false' },
    ]);
    const log = new MemoryEventLog({ events: 3 });
    const replayLogCreationTime = log.createdAt.toISOString();
    const [young] = await read(server({ log }));
    expect(young).toMatchObject({ replaySupport: 'true', replayLogCreationTime });
    expect(young).not.toHaveProperty('replayLogAgedTime');
    for (let number = 0; number < 3; number++) await log.append(alarm(number));
    expect(await read(server({ log }))).toMatchObject([
      { replayLogAgedTime: (await log.agedAt())?.toISOString(), replayLogCreationTime },
    ]);
  });
});

describe('events', () => {
  test.each(['1.0', '1.1'])('reach those who subscribed, after their <ok>, as they are (base:%s)', async (base) => {
    const one = server();
    const other = await connect(one);
    await one.publish(alarm(0));
    const client = attach(one, 'ann', 'host', [`urn:ietf:params:netconf:base:${base}`]);
    await client.open();
    expect(isOk(await client.rpc(subscribe(ALARMS)))).toBe(true);
    await one.publish(alarm(1, { at: new Date('2026-11-21T12:00:00.250Z'), text: 'a]]&gt;]]&gt;é' }));
    await one.publish(alarm(2));
    const first = await notification(client);
    expect(first.eventTime).toBe('2026-11-21T12:00:00.250Z');
    expect(childElements(first.content).map(elementText)).toEqual(['1', 'minor', 'a]]>]]>é']);
    expect(await told(client)).toBe(2);
    await heardNothing(client);
    await heardNothing(other);
    expect(one.statistics().outNotifications).toBe(2);
  });

  test('go with requests on the same session (:interleave), in the order of the server', async () => {
    const one = server();
    const client = await subscribed(one);
    await one.publish(alarm(1));
    client.send(NOTHING);
    expect(await told(client)).toBe(1);
    await client.reply();
    await one.publish(alarm(2));
    expect(await told(client)).toBe(2);
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
    await client.closed;
    await one.publish(alarm(3));
    expect(one.statistics().outNotifications).toBe(2);
  });

  test('are those of the stream; the default stream has all', async () => {
    const one = server();
    const [all, alarms, nothing] = [
      await subscribed(one, ''),
      await subscribed(one, '<stream> alarms </stream>'),
      await subscribed(one, '<stream>nothing</stream>'),
    ];
    await one.publish(alarm(1));
    await one.publish({ at: new Date(), module: 'lab', name: 'gone', xml: '<gone xmlns="urn:example:lab"/>' });
    // Their sessions began after it had subscribed.
    const before = await toldTimes(all, 2);
    expect(before).toEqual(['netconf-session-start', 'netconf-session-start']);
    expect(await toldTimes(all, 2)).toEqual([1, 'gone']);
    expect(await told(alarms)).toBe(1);
    await heardNothing(alarms);
    await heardNothing(nothing);
  });

  test.each([
    ['one element', '<alarm xmlns="urn:example:alarms"/>', [1, 2, 3]],
    ['a value', '<alarm xmlns="urn:example:alarms"><severity>major</severity></alarm>', [2]],
    [
      'either value',
      '<alarm xmlns="urn:example:alarms"><severity>major</severity></alarm><alarm xmlns="urn:example:alarms"><severity>critical</severity></alarm>',
      [2, 3],
    ],
    ['what is not there', '<silence xmlns="urn:example:alarms"/>', []],
    ['nothing', '', []],
  ])('pass a subtree filter for %s whole or not at all', async (_what, filter, numbers) => {
    const one = server();
    const client = await subscribed(one, `${ALARMS}<filter type="subtree">${filter}</filter>`);
    await one.publish(alarm(1));
    await one.publish(alarm(2, { severity: 'major', text: 'whole' }));
    await one.publish(alarm(3, { severity: 'critical' }));
    expect(await toldTimes(client, numbers.length)).toEqual(numbers);
    await heardNothing(client);
  });

  test.each([
    ['/a:alarm', [1, 2, 3]],
    ["/a:alarm[a:severity = 'major']", [2]],
    ["//*[a:severity = 'none'] | //a:silence", []],
    ["/a:alarm/a:text[. = 'whole']", [2]],
  ])('pass the XPath filter %s whole or not at all', async (select, numbers) => {
    const one = server();
    const filter = `<filter type="xpath" xmlns:a="urn:example:alarms" select="${select}"/>`;
    const client = await subscribed(one, `${ALARMS}${filter}`);
    await one.publish(alarm(1));
    await one.publish(alarm(2, { severity: 'major', text: 'whole' }));
    await one.publish(alarm(3, { severity: 'critical' }));
    expect(await toldTimes(client, numbers.length)).toEqual(numbers);
    await heardNothing(client);
  });

  test('pass a filter in the namespace that it has in <get>, as ncclient writes it', async () => {
    const one = server();
    const filter =
      '<filter xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" type="subtree"><alarm xmlns="urn:example:alarms"><severity>major</severity></alarm></filter>';
    const client = await subscribed(one, `${ALARMS}${filter}`);
    await one.publish(alarm(1));
    await one.publish(alarm(2, { severity: 'major' }));
    expect(await told(client)).toBe(2);
  });

  test.each([
    ['a path', '/a:alarm', [1, 2, 3]],
    ['a predicate', "/a:alarm[a:severity='major']", [2]],
    ['a comparison', '/a:alarm[a:number > 1]', [2, 3]],
    ['what is not there', '/a:silence', []],
  ])('pass an XPath filter with %s whole or not at all', async (_what, select, numbers) => {
    const one = server();
    const filter = `<filter xmlns:a="urn:example:alarms" type="xpath" select="${escapeAttribute(select)}"/>`;
    const client = await subscribed(one, `${ALARMS}${filter}`);
    await one.publish(alarm(1));
    await one.publish(alarm(2, { severity: 'major' }));
    await one.publish(alarm(3));
    expect(await toldTimes(client, numbers.length)).toEqual(numbers);
    await heardNothing(client);
  });

  test('that access control refuses are left out and counted', async () => {
    const counted: string[] = [];
    const access: AccessControl = {
      ...UNRESTRICTED,
      mayReceive: ({ user }, module, name) =>
        user === 'bob' && module === 'alarms' && name === 'alarm' ? { permit: false, rule: 'quiet' } : PERMITTED,
      refused: (what) => void counted.push(what),
    };
    const one = server(STREAMS, { access });
    const [ann, bob] = [await subscribed(one, ALARMS, 'ann'), await subscribed(one, ALARMS, 'bob')];
    await one.publish(alarm(1));
    expect(await told(ann)).toBe(1);
    await heardNothing(bob);
    expect(counted).toEqual(['receive']);
  });

  test('about a party reach its sessions and those who hear of everybody; what is about nobody only these', async () => {
    const party: NotificationOptions['party'] = ({ user }) => (user === 'staff' ? undefined : user);
    const one = server({ ...STREAMS, party });
    const [ann, bob, staff] = [
      await subscribed(one, ALARMS, 'ann'),
      await subscribed(one, ALARMS, 'bob'),
      await subscribed(one, ALARMS, 'staff'),
    ];
    await one.publish(alarm(1, { about: 'ann' }));
    await one.publish(alarm(2, { about: 'bob' }));
    await one.publish(alarm(3));
    expect(await told(ann)).toBe(1);
    await heardNothing(ann);
    expect(await told(bob)).toBe(2);
    await heardNothing(bob);
    expect(await toldTimes(staff, 3)).toEqual([1, 2, 3]);
  });

  test('of a stream that throws are logged, and reach nobody else the less', async () => {
    const errors: unknown[] = [];
    const log = { ...silent(), error: (what: unknown) => void errors.push(what) };
    const broken = {
      name: 'broken',
      description: 'throws',
      includes: () => {
        throw new Error('broken');
      },
    };
    const one = server({ streams: [...(STREAMS.streams ?? []), broken] }, { log: log as ServerOptions['log'] });
    const [bad, good] = [await subscribed(one, '<stream>broken</stream>'), await subscribed(one)];
    await one.publish(alarm(1));
    expect(await told(good)).toBe(1);
    await heardNothing(bad);
    // The other session's start, and the alarm.
    expect(errors).toHaveLength(2);
  });
});

function silent() {
  return Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => {}]));
}

describe('a subscription is refused', () => {
  const log = () => new MemoryEventLog();
  const later = new Date(Date.now() + 3_600_000);
  test.each([
    ['of an unknown stream', '<stream>none</stream>', 'bad-element', 'stream', /no stream "none".*NETCONF, alarms/],
    ['with a startTime in the future', from(later), 'bad-element', 'startTime', /future/],
    ['with a stopTime alone', `<stopTime>${later.toISOString()}</stopTime>`, 'missing-element', 'startTime', /replay/],
    [
      'with a stopTime before its startTime',
      `${from(ago(1000))}<stopTime>${ago(2000).toISOString()}</stopTime>`,
      'bad-element',
      'stopTime',
      /not later/,
    ],
    ['with what is no time', '<startTime>yesterday</startTime>', 'bad-element', 'startTime', /2026-11-20T17:30:00Z/],
    ['with a day that is none', '<startTime>2026-02-30T25:00:00Z</startTime>', 'bad-element', 'startTime', /time/],
    ['with a parameter twice', '<stream>alarms</stream><stream>alarms</stream>', 'bad-element', 'stream', /once/],
    ['with an unknown parameter', '<streams/>', 'unknown-element', 'streams', /stream, filter, startTime, stopTime/],
    ['with an unknown kind of filter', '<filter type="regex"/>', 'bad-attribute', 'filter', /subtree/],
  ])('%s', async (_what, inside, tag, element, message) => {
    const client = await connect(server({ ...STREAMS, log: log() }));
    const [error] = await client.errors(subscribe(inside));
    expect(error).toMatchObject({ type: 'protocol', tag, message: expect.stringMatching(message) });
    expect(infoOf(error!)['bad-element']).toBe(element);
    // It may try again.
    expect(isOk(await client.rpc(subscribe(ALARMS)))).toBe(true);
  });

  test('for a replay where nothing is logged', async () => {
    const client = await connect(server());
    const [error] = await client.errors(subscribe(from(ago(1000))));
    expect(error).toMatchObject({
      type: 'protocol',
      tag: 'operation-failed',
      message: expect.stringMatching(/replay/),
    });
  });

  test.each([
    ['no expression', 'select="/a:alarm["', 'invalid-value'],
    ['no nodes', 'select="1 + 1"', 'invalid-value'],
    ['a prefix without a namespace', 'select="/b:alarm"', 'invalid-value'],
    ['no select', '', 'missing-attribute'],
  ])('with an XPath filter that is %s', async (_what, attribute, tag) => {
    const client = await connect(server());
    const filter = `<filter xmlns:a="urn:example:alarms" type="xpath" ${attribute}/>`;
    expect(await client.errors(subscribe(filter))).toMatchObject([{ tag }]);
  });

  test('where the session has one already, which goes on', async () => {
    const one = server();
    const client = await subscribed(one);
    const [error] = await client.errors(subscribe());
    expect(error).toMatchObject({ tag: 'in-use', message: expect.stringMatching(/another session/) });
    await one.publish(alarm(1));
    expect(await told(client)).toBe(1);
  });

  test('by access control', async () => {
    const access: AccessControl = {
      ...UNRESTRICTED,
      mayInvoke: (_who, module, rpc) =>
        `${module}:${rpc}` === 'notifications:create-subscription' ? { permit: false, rule: 'deaf' } : PERMITTED,
    };
    const [error] = await (await connect(server(STREAMS, { access }))).errors(subscribe());
    expect(error?.tag).toBe('access-denied');
  });
});

describe('a replay', () => {
  async function logged(...events: Parameters<MemoryEventLog['append']>[0][]): Promise<MemoryEventLog> {
    const log = new MemoryEventLog();
    for (const event of events) await log.append(event);
    return log;
  }

  test('gives what was since startTime, says that it is complete, and goes on', async () => {
    const log = await logged(alarm(1, { at: ago(3000) }), alarm(2, { at: ago(2000) }), alarm(3, { at: ago(1000) }));
    const one = server({ ...STREAMS, log });
    const client = await subscribed(one, `${ALARMS}${from(ago(2500))}`);
    expect(await toldTimes(client, 3)).toEqual([2, 3, 'replayComplete']);
    await one.publish(alarm(4));
    expect(await told(client)).toBe(4);
  });

  test('begins with the oldest there is, whatever the zone the time is given in', async () => {
    const one = server({ ...STREAMS, log: await logged(alarm(1), alarm(2)) });
    const client = await subscribed(one, `${ALARMS}<startTime>1999-12-31T23:59:60.5+14:00</startTime>`);
    expect(await toldTimes(client, 3)).toEqual([1, 2, 'replayComplete']);
  });

  test('to a stopTime in the past ends with notificationComplete; then the session may subscribe again', async () => {
    const log = await logged(alarm(1, { at: ago(3000) }), alarm(2, { at: ago(2000) }), alarm(3, { at: ago(1000) }));
    const one = server({ ...STREAMS, log });
    const stop = `<stopTime>${ago(1500).toISOString()}</stopTime>`;
    const client = await subscribed(one, `${ALARMS}${from(ago(5000))}${stop}`);
    expect(await toldTimes(client, 4)).toEqual([1, 2, 'replayComplete', 'notificationComplete']);
    await one.publish(alarm(4));
    await heardNothing(client);
    expect(isOk(await client.rpc(subscribe(ALARMS)))).toBe(true);
    await one.publish(alarm(5));
    expect(await told(client)).toBe(5);
  });

  test('to a stopTime in the future goes on until then', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const one = server({ ...STREAMS, log: await logged(alarm(1)) });
    const stop = `<stopTime>${new Date(Date.now() + 5000).toISOString()}</stopTime>`;
    const client = await subscribed(one, `${ALARMS}${from(ago(1000))}${stop}`);
    expect(await toldTimes(client, 2)).toEqual([1, 'replayComplete']);
    vi.advanceTimersByTime(4999);
    await one.publish(alarm(2));
    await one.publish(alarm(3, { at: new Date(Date.now() + 60_000) }));
    expect(await told(client)).toBe(2);
    vi.advanceTimersByTime(2);
    expect(await told(client)).toBe('notificationComplete');
    await one.publish(alarm(4));
    await heardNothing(client);
  });

  test('gives only what its session may have', async () => {
    const log = await logged(alarm(1, { about: 'ann' }), alarm(2, { about: 'bob' }), alarm(3));
    const one = server({ ...STREAMS, log, party: ({ user }) => user });
    const client = await subscribed(one, `${ALARMS}${from(ago(60_000))}`, 'bob');
    expect(await toldTimes(client, 2)).toEqual([2, 'replayComplete']);
    await heardNothing(client);
  });

  test('passes the filter', async () => {
    const one = server({ ...STREAMS, log: await logged(alarm(1), alarm(2, { severity: 'major' })) });
    const filter = '<filter><alarm xmlns="urn:example:alarms"><severity>major</severity></alarm></filter>';
    const client = await subscribed(one, `${ALARMS}${filter}${from(ago(60_000))}`);
    expect(await toldTimes(client, 2)).toEqual([2, 'replayComplete']);
  });

  test('of a log that cannot be read ends the session with the reason', async () => {
    const log = await logged(alarm(1));
    log.read = () => Promise.reject(new Error('disk'));
    const closed: unknown[] = [];
    const events = { sessionClosed: (_session: unknown, reason: unknown) => void closed.push(reason) };
    const client = await subscribed(server({ ...STREAMS, log }, { events }), `${ALARMS}${from(ago(60_000))}`);
    await client.closed;
    expect(closed).toEqual([{ kind: 'other', detail: 'the log of events could not be read' }]);
  });
});

test('an event that the log does not take reaches those who listen, and is logged', async () => {
  const errors: unknown[] = [];
  const log = new MemoryEventLog();
  const one = server(
    { ...STREAMS, log },
    { log: { ...silent(), error: (what: unknown) => void errors.push(what) } as never },
  );
  const client = await subscribed(one);
  log.append = () => Promise.reject(new Error('disk full'));
  await one.publish(alarm(1));
  expect(await told(client)).toBe(1);
  expect(errors).toHaveLength(1);
});

test('configuration changes are told of while the one who makes them is answered', async () => {
  const one = server({}, { datastores: await running() });
  const client = await subscribed(one, '');
  const edit = `<edit-config><target><running/></target><config>${inLab('<name>a</name>')}</config></edit-config>`;
  client.send(edit);
  const kinds = [(await client.next())?.kind, (await client.next())?.kind];
  expect(kinds.toSorted()).toEqual(['notification', 'reply']);
});
