import { bytes } from '@sublane/basics';
import { childElement, elementText, writeXml } from '@sublane/netconf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PERMITTED, UNRESTRICTED } from '../access.ts';
import type { NetconfServer } from '../server.ts';
import { connect } from '../testing/harness.ts';
import { ALARM_NAMESPACE, alarm, notification, subscribe } from '../testing/notification-lab.ts';
import {
  erase,
  establish,
  established,
  kill,
  modify,
  nextInWords,
  ofStream,
  refusal,
  serveSubscriptions,
} from '../testing/subscription-lab.ts';
import { isOk } from '../testing/test-client.ts';
import { SUBSCRIBED_NAMESPACE } from './names.ts';

const AGO = (seconds: number) => new Date(Date.now() - seconds * 1_000);
const critical = `<stream-subtree-filter><alarm xmlns="${ALARM_NAMESPACE}"><severity>critical</severity></alarm></stream-subtree-filter>`;
const xpath = (expression: string, prefixes = '') =>
  `<stream-xpath-filter ${prefixes}>${expression}</stream-xpath-filter>`;

async function publish(server: NetconfServer, ...numbers: readonly number[]) {
  for (const number of numbers) await server.publish(alarm(number, { severity: number > 9 ? 'critical' : 'minor' }));
}

afterEach(() => void vi.useRealTimers());

describe('establish-subscription to a stream', () => {
  it('brings events, and none before its reply', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    client.send(establish(ofStream()));
    await Promise.all([publish(server, 1, 2), client.reply()]);
    await publish(server, 3);
    let last = '';
    while (last !== 'alarm 3') last = await nextInWords(client);
  });

  it('may be had several times on one session', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    expect([await established(client, ofStream()), await established(client, ofStream(critical))]).toEqual([1, 2]);
    await publish(server, 1, 10, 2);
    const words = [];
    while (words.length < 4) words.push(await nextInWords(client));
    expect(words.toSorted()).toEqual(['alarm 1', 'alarm 10', 'alarm 10', 'alarm 2']);
  });

  it.each([
    ['a subtree filter', critical],
    [
      'an XPath filter with a prefix of its own',
      xpath(`/a:alarm[a:severity='critical']`, `xmlns:a="${ALARM_NAMESPACE}"`),
    ],
    ['an XPath filter with the name of a module', xpath('/alarms:alarm/alarms:number &gt; 9')],
    ['an XPath filter whose value is a number', xpath(`count(/alarms:alarm[alarms:severity = 'critical'])`)],
    ['an XPath filter whose value is a text', xpath(`string(/alarms:alarm[alarms:number &gt; 9]/alarms:number)`)],
  ])('passes what %s lets pass', async (_, filter) => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    await established(client, ofStream(filter));
    await publish(server, 1, 10, 2, 11);
    expect([await nextInWords(client), await nextInWords(client)]).toEqual(['alarm 10', 'alarm 11']);
  });

  it('replays what was, says when that is over, and goes on', async () => {
    const { server, log } = await serveSubscriptions();
    await server.publish(alarm(1, { at: AGO(60) }));
    await server.publish(alarm(2, { at: AGO(30) }));
    const client = await connect(server);
    const from = AGO(45).toISOString();
    const reply = await client.rpc(establish(ofStream(`<replay-start-time>${from}</replay-start-time>`)));
    const revision = childElement(reply, 'replay-start-time-revision', SUBSCRIBED_NAMESPACE);
    expect(revision && elementText(revision)).toBe(log.createdAt.toISOString()); // the log is younger than what it was told
    expect([await nextInWords(client), await nextInWords(client)]).toEqual(['alarm 2', 'replay-completed 1']);
    await publish(server, 3);
    expect(await nextInWords(client)).toBe('alarm 3');
  });

  it('says nothing of a revised start where the log goes back far enough', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    const from = AGO(30).toISOString();
    const reply = await client.rpc(establish(ofStream(`<replay-start-time>${from}</replay-start-time>`)));
    expect(childElement(reply, 'id')).toBeDefined();
    expect(childElement(reply, 'replay-start-time-revision')).toBeUndefined();
  });

  it('ends with a replay whose stop-time is past', async () => {
    const { server } = await serveSubscriptions();
    await server.publish(alarm(1, { at: AGO(60) }));
    await server.publish(alarm(2, { at: AGO(30) }));
    const client = await connect(server);
    const times = `<replay-start-time>${AGO(90).toISOString()}</replay-start-time>`;
    await established(client, `${ofStream(times)}<stop-time>${AGO(45).toISOString()}</stop-time>`);
    expect([await nextInWords(client), await nextInWords(client), await nextInWords(client)]).toEqual([
      'alarm 1',
      'replay-completed 1',
      'subscription-terminated 1 no-such-subscription',
    ]);
    expect(await refusal(client, erase(1))).toMatchObject({
      appTag: 'ietf-subscribed-notifications:no-such-subscription',
    });
  });

  it('ends when its stop-time has come', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const stop = new Date(Date.now() + 60_000).toISOString();
    await established(client, `${ofStream()}<stop-time>${stop}</stop-time>`);
    vi.advanceTimersByTime(60_000);
    expect(await nextInWords(client)).toBe('subscription-terminated 1 no-such-subscription');
  });

  it.each([
    ['a stream that is not there', ofStream('', 'SYSLOG'), 'there is no stream "SYSLOG"; there are NETCONF'],
    [
      'a stop-time that is past',
      `${ofStream()}<stop-time>2026-01-01T00:00:00Z</stop-time>`,
      'stop-time is not in the future',
    ],
    [
      'a start in the future',
      ofStream('<replay-start-time>2126-01-01T00:00:00Z</replay-start-time>'),
      'replay-start-time is not in the past',
    ],
    [
      'a stop before its start',
      ofStream(
        '<replay-start-time>2026-01-02T00:00:00Z</replay-start-time><stop-time>2026-01-01T00:00:00Z</stop-time>',
      ),
      'stop-time is not later than replay-start-time',
    ],
  ])('refuses %s as an invalid value', async (_, inside, message) => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    expect(await refusal(client, establish(inside))).toMatchObject({ tag: 'invalid-value', message });
  });

  it('refuses a filter that it does not understand, and says why', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    expect(await refusal(client, establish(ofStream(xpath('/alarms:alarm['))))).toMatchObject({
      tag: 'invalid-value',
      appTag: 'ietf-subscribed-notifications:filter-unsupported',
      structure: 'establish-subscription-stream-error-info',
      info: { reason: 'why:filter-unsupported', 'filter-failure-hint': expect.stringContaining('XPath') },
    });
  });

  it('refuses a replay where nothing is kept', async () => {
    const { server } = await serveSubscriptions('', { notifications: {} });
    const client = await connect(server);
    const inside = ofStream(`<replay-start-time>${AGO(45).toISOString()}</replay-start-time>`);
    expect(await refusal(client, establish(inside))).toMatchObject({
      tag: 'operation-not-supported',
      appTag: 'ietf-subscribed-notifications:replay-unsupported',
      info: { reason: 'why:replay-unsupported' },
    });
  });

  it('refuses another encoding', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    expect(await refusal(client, establish(`${ofStream()}<encoding>encode-json</encoding>`))).toMatchObject({
      appTag: 'ietf-subscribed-notifications:encoding-unsupported',
    });
    expect(await established(client, `${ofStream()}<encoding>encode-xml</encoding>`)).toBe(1);
  });

  it('refuses more than a session or the server may have', async () => {
    const { server } = await serveSubscriptions('', { limits: { subscriptions: 3, subscriptionsPerSession: 2 } });
    const [one, two] = [await connect(server), await connect(server)];
    await established(one, ofStream());
    await established(one, ofStream());
    const tooMany = { tag: 'resource-denied', appTag: 'ietf-subscribed-notifications:insufficient-resources' };
    expect(await refusal(one, establish(ofStream()))).toMatchObject({
      ...tooMany,
      message: 'this session has 2 subscriptions already',
    });
    await established(two, ofStream());
    expect(await refusal(two, establish(ofStream()))).toMatchObject({
      ...tooMany,
      message: 'the server has 3 subscriptions already',
    });
    one.stream.destroy();
    await vi.waitFor(async () => expect(await established(two, ofStream())).toBeGreaterThan(3));
  });

  it('refuses more than a user may have, over all of their sessions', async () => {
    const { server } = await serveSubscriptions('', { limits: { subscriptionsPerUser: 2 } });
    const [one, two, other] = [await connect(server), await connect(server), await connect(server, 'bob')];
    await established(one, ofStream());
    await established(two, ofStream());
    expect(await refusal(two, establish(ofStream()))).toMatchObject({
      tag: 'resource-denied',
      message: 'ann has 2 subscriptions already',
    });
    await established(other, ofStream());
  });

  it('and create-subscription exclude each other', async () => {
    const { server } = await serveSubscriptions();
    const old = await connect(server);
    expect(isOk(await old.rpc(subscribe()))).toBe(true);
    expect(await refusal(old, establish(ofStream()))).toMatchObject({ tag: 'operation-not-supported' });
    const client = await connect(server);
    const id = await established(client, ofStream());
    expect(await refusal(client, subscribe())).toMatchObject({ tag: 'operation-not-supported' });
    await client.rpc(erase(id));
    expect(isOk(await client.rpc(subscribe()))).toBe(true);
  });
});

describe('a subscription to a stream', () => {
  it('goes by another filter after modify-subscription', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    const id = await established(client, ofStream());
    await publish(server, 1);
    expect(await nextInWords(client)).toBe('alarm 1');
    expect(isOk(await client.rpc(modify(id, critical)))).toBe(true);
    await publish(server, 2, 10);
    expect(await nextInWords(client)).toBe('alarm 10');
  });

  it('stays as it is where a modification is refused', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    const id = await established(client, ofStream(critical));
    expect(await refusal(client, modify(id, xpath('][')))).toMatchObject({
      appTag: 'ietf-subscribed-notifications:filter-unsupported',
      structure: 'modify-subscription-stream-error-info',
    });
    expect(await refusal(client, modify(99, critical))).toMatchObject({
      appTag: 'ietf-subscribed-notifications:no-such-subscription',
      structure: 'modify-subscription-stream-error-info',
      message: 'this session has no subscription 99',
    });
    await publish(server, 1, 10);
    expect(await nextInWords(client)).toBe('alarm 10');
  });

  it('ends with delete-subscription, for its own session only', async () => {
    const { server } = await serveSubscriptions();
    const [client, other] = [await connect(server), await connect(server)];
    const id = await established(client, ofStream());
    const kept = await established(client, ofStream(critical));
    expect(await refusal(other, erase(id))).toMatchObject({
      tag: 'invalid-value',
      appTag: 'ietf-subscribed-notifications:no-such-subscription',
      structure: 'delete-subscription-error-info',
      info: { reason: 'why:no-such-subscription' },
    });
    expect(isOk(await client.rpc(erase(id)))).toBe(true);
    await publish(server, 1, 10);
    expect(await nextInWords(client)).toBe('alarm 10');
    expect(kept).toBe(2);
  });

  it('ends with kill-subscription from anywhere, and its subscriber is told', async () => {
    const { server } = await serveSubscriptions();
    const [client, other] = [await connect(server), await connect(server)];
    const id = await established(client, ofStream());
    expect(isOk(await other.rpc(kill(id)))).toBe(true);
    expect(await nextInWords(client)).toBe(`subscription-terminated ${id} no-such-subscription`);
    expect(await refusal(other, kill(id))).toMatchObject({ message: `this server has no subscription ${id}` });
  });

  it('leaves out what its subscriber may not receive, and counts it', async () => {
    const access = {
      ...UNRESTRICTED,
      mayReceive: (_: unknown, __: string, notification: string) =>
        notification === 'alarm' ? ({ permit: false, rule: 'no alarms' } as const) : PERMITTED,
    };
    const { server } = await serveSubscriptions('', { access });
    const client = await connect(server);
    await established(client, ofStream());
    await publish(server, 1, 2);
    await server.publish({
      at: new Date(),
      module: 'alarms',
      name: 'silence',
      xml: `<silence xmlns="${ALARM_NAMESPACE}"/>`,
    });
    expect(await nextInWords(client)).toBe('silence');
    const reply = writeXml(
      await client.rpc(
        `<get xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><filter><subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/></filter></get>`,
      ),
    );
    expect(reply).toContain('<sent-event-records>1</sent-event-records>');
    expect(reply).toContain('<excluded-event-records>2</excluded-event-records>');
  });

  it('is suspended while its subscriber takes nothing, and goes on afterwards; others go on all the time', async () => {
    const { server } = await serveSubscriptions('', {
      notifications: {},
      limits: { unsentNotifications: bytes(4_000), queuedNotifications: bytes(8_000) },
    });
    const [slow, quick] = [await connect(server), await connect(server)];
    await established(slow, ofStream());
    await established(quick, ofStream());
    slow.stream.pause();
    const text = 'x'.repeat(1_000);
    let number = 0;
    const state = async () => {
      const reply = await quick.rpc(
        `<get xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><filter><subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/></filter></get>`,
      );
      return writeXml(reply);
    };
    for (let seen = ''; !seen.includes('<state>suspended</state>'); seen = await state()) {
      expect(number).toBeLessThan(500);
      await server.publish(alarm(++number, { text }));
      expect(await nextInWords(quick)).toBe(`alarm ${number}`);
    }
    slow.stream.resume();
    const words: string[] = [];
    while (!words.at(-1)?.startsWith('subscription-resumed')) words.push(await nextInWords(slow));
    expect(words.slice(-2)).toEqual(['subscription-suspended 1 unsupportable-volume', 'subscription-resumed 1']);
    await server.publish(alarm(1_000));
    expect(await nextInWords(slow)).toBe('alarm 1000');
  });
});

it('a session that ends while its subscription is suspended leaves nothing behind', async () => {
  const { server } = await serveSubscriptions('', {
    notifications: {},
    limits: { unsentNotifications: bytes(2_000), queuedNotifications: bytes(2_000) },
  });
  const [slow, other] = [await connect(server), await connect(server)];
  await established(slow, ofStream());
  slow.stream.pause();
  const state = async () =>
    writeXml(
      await other.rpc(
        `<get xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><filter><subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/></filter></get>`,
      ),
    );
  for (let number = 0; !(await state()).includes('<state>suspended</state>'); number++) {
    expect(number).toBeLessThan(500);
    await server.publish(alarm(number, { text: 'x'.repeat(1_000) }));
  }
  slow.stream.destroy();
  await vi.waitFor(async () => expect(await state()).not.toContain('<subscription>'));
});

const named = (name: string) => `<stream-filter-name>${name}</stream-filter-name>`;
const filters = (inside: string) => `<filters xmlns="${SUBSCRIBED_NAMESPACE}">${inside}</filters>`;
const urgent = (filter: string) => filters(`<stream-filter><name>urgent</name>${filter}</stream-filter>`);

describe('a filter of the configuration', () => {
  it('is gone by, is told of when it changes, and ends the subscription when it goes', async () => {
    const { server, datastores } = await serveSubscriptions(urgent(critical));
    const become = async (xml: string) =>
      expect(await datastores.running.commit(() => ({ ok: true, value: xml }))).toMatchObject({ ok: true });
    const client = await connect(server);
    const id = await established(client, ofStream(named('urgent')));
    await publish(server, 1, 10);
    expect(await nextInWords(client)).toBe('alarm 10');
    await become(urgent(xpath('/a:alarm/a:number = 2', `xmlns:a="${ALARM_NAMESPACE}"`)));
    // Valid only beside the configuration it refers to.
    const { content: modified } = await notification(client);
    expect(writeXml(modified)).toBe(
      `<subscription-modified xmlns="${SUBSCRIBED_NAMESPACE}"><id>${id}</id><stream-filter-name>urgent</stream-filter-name>` +
        '<stream>NETCONF</stream><encoding>encode-xml</encoding></subscription-modified>',
    );
    await publish(server, 11, 2);
    expect(await nextInWords(client)).toBe('alarm 2');
    await become('');
    expect(await nextInWords(client)).toBe(`subscription-terminated ${id} filter-unavailable`);
  });

  it('that is not there is refused', async () => {
    const { server } = await serveSubscriptions(urgent(critical));
    const client = await connect(server);
    expect(await refusal(client, establish(ofStream(named('other'))))).toMatchObject({
      appTag: 'ietf-subscribed-notifications:filter-unsupported',
      message: 'there is no filter "other" in the configuration',
    });
    expect(await refusal(client, establish(ofStream(named('urgent') + critical)))).toMatchObject({
      tag: 'bad-element',
    });
  });
});
