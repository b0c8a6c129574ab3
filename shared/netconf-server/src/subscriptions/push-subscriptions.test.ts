import { bytes, failed, milliseconds, ok } from '@sublane/basics';
import { BASE_NAMESPACE, rpcError, writeXml } from '@sublane/netconf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PERMITTED, UNRESTRICTED } from '../access.ts';
import type { Datastores } from '../datastores.ts';
import type { OperationalProvider } from '../operational.ts';
import { accessByPath } from '../path-access.ts';
import { connect, inLab, LAB } from '../testing/harness.ts';
import {
  erase,
  establish,
  established,
  modify,
  nextInWords,
  nextTold,
  ofDatastore,
  ofStream,
  ofSubtree,
  ofXPath,
  onChange,
  periodic,
  refusal,
  resync,
  serveSubscriptions,
} from '../testing/subscription-lab.ts';
import { isOk, type TestClient } from '../testing/test-client.ts';
import { PUSH_NAMESPACE, SUBSCRIBED_NAMESPACE } from './names.ts';

const QUICK = { pushPeriod: milliseconds(10) };
const NAMES = ofSubtree(`<lab ${LAB}><name/></lab>`);
const BOXES = ofXPath('/lab:lab/lab:box[lab:size &gt; 5]');

async function become({ running }: Datastores, inside: string) {
  expect(await running.commit(() => ok(inLab(inside)))).toMatchObject({ ok: true });
}

/** What the next update holds, without the lab's namespace; of changes only operation, target and value. */
async function nextUpdate(client: TestClient): Promise<string> {
  const text = writeXml(await nextTold(client)).replaceAll(` ${LAB}`, '');
  const found = /<datastore-contents\/?>(?:(.*)<\/datastore-contents>)?(<incomplete-update\/>)?/.exec(text);
  if (found !== null) return `all ${found[1] ?? ''}${found[2] ?? ''}`;
  const edits = text.matchAll(
    /<operation>(\w+)<\/operation><target>([^<]*)<\/target>(?:<where>\w+<\/where>)?(?:<value>(.*?)<\/value>)?<\/edit>/g,
  );
  return Array.from(edits, ([, operation, target, value]) => [operation, target, value ?? ''].join(' ').trim()).join(
    '; ',
  );
}

afterEach(() => void vi.useRealTimers());
const STILL = { toFake: ['setTimeout', 'clearTimeout', 'Date'] } as const;

describe('a subscription to changes of running', () => {
  it('begins with all, then tells what changes', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'));
    const client = await connect(server);
    await established(client, ofDatastore(onChange()));
    expect(await nextUpdate(client)).toBe('all <lab><name>a</name></lab>');
    await become(datastores, '<name>b</name><level>9</level>');
    expect(await nextUpdate(client)).toBe(
      'replace /lab:lab/name <name>b</name>; create /lab:lab/level <level>9</level>',
    );
    await become(datastores, '<level>9</level>');
    expect(await nextUpdate(client)).toBe('delete /lab:lab/name');
  });

  it('tells only changes without sync-on-start', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'));
    const client = await connect(server);
    const id = await established(client, ofDatastore(onChange('<sync-on-start>false</sync-on-start>')));
    await become(datastores, '<name>b</name>');
    expect(await nextUpdate(client)).toBe('replace /lab:lab/name <name>b</name>');
    expect(await refusal(client, resync(id))).toMatchObject({
      appTag: 'ietf-yang-push:on-change-sync-unsupported',
      structure: 'resync-subscription-error',
      info: { reason: 'why:on-change-sync-unsupported' },
    });
  });

  it.each([
    ['subtree', NAMES, 'all <lab><name>a</name></lab>', 'replace /lab:lab/name <name>b</name>'],
    ['XPath', BOXES, 'all <lab><box><id>1</id><size>7</size></box></lab>', 'delete /lab:lab'],
    [
      'XPath with its own prefix',
      ofXPath('//l:name', `xmlns:l="urn:example:lab"`),
      'all <lab><name>a</name></lab>',
      'replace /lab:lab/name <name>b</name>',
    ],
  ])('tells what a %s filter selects, and nothing else', async (_, filter, first, second) => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name><box><id>1</id><size>7</size></box>'));
    const client = await connect(server);
    await established(client, ofDatastore(onChange(), { filter }));
    expect(await nextUpdate(client)).toBe(first);
    await become(datastores, '<name>a</name><level>3</level><box><id>1</id><size>7</size></box>');
    await become(datastores, '<name>b</name><box><id>1</id><size>4</size></box>');
    expect(await nextUpdate(client)).toBe(second);
  });

  it('leaves out kinds of changes that are excluded', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'));
    const client = await connect(server);
    const inside = '<excluded-change>replace</excluded-change><excluded-change>delete</excluded-change>';
    await established(client, ofDatastore(onChange(inside)));
    await nextUpdate(client);
    await become(datastores, '<name>b</name>');
    await become(datastores, '<level>9</level>');
    expect(await nextUpdate(client)).toBe('create /lab:lab/level <level>9</level>');
  });

  it('tells what is left of several changes when its dampening period is over', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'));
    const client = await connect(server);
    vi.useFakeTimers({ toFake: [...STILL.toFake] });
    await established(client, ofDatastore(onChange('<dampening-period>6000</dampening-period>')));
    await nextUpdate(client);
    await become(datastores, '<name>b</name>');
    await become(datastores, '<name>c</name><level>1</level>');
    await become(datastores, '<name>d</name>');
    vi.advanceTimersByTime(60_000);
    expect(await nextUpdate(client)).toBe('replace /lab:lab/name <name>d</name>');
  });

  it('shows nobody what he may not read, nor that it changes', async () => {
    const access = {
      ...UNRESTRICTED,
      data: () =>
        accessByPath((path) => (path.startsWith('/lab:lab/level') ? { permit: false, rule: 'no' } : { permit: true })),
    };
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name><level>1</level>'), { access });
    const client = await connect(server);
    await established(client, ofDatastore(onChange()));
    expect(await nextUpdate(client)).toBe('all <lab><name>a</name></lab>');
    await become(datastores, '<name>a</name><level>2</level>');
    await become(datastores, '<name>b</name><level>2</level>');
    expect(await nextUpdate(client)).toBe('replace /lab:lab/name <name>b</name>');
  });

  it('sends nobody a notification that he may not receive, and counts it', async () => {
    const access = {
      ...UNRESTRICTED,
      mayReceive: (_: unknown, __: string, name: string) =>
        name === 'push-change-update' ? ({ permit: false, rule: 'no changes' } as const) : PERMITTED,
    };
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'), { access });
    const client = await connect(server);
    const id = await established(client, ofDatastore(onChange(), { datastore: 'intended' }));
    expect(await nextUpdate(client)).toBe('all <lab><name>a</name></lab>');
    await become(datastores, '<name>b</name>');
    const state = `<get xmlns="${BASE_NAMESPACE}"><filter><subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/></filter></get>`;
    await vi.waitFor(async () =>
      expect(writeXml(await client.rpc(state))).toContain('<excluded-event-records>1</excluded-event-records>'),
    );
    expect(isOk(await client.rpc(resync(id)))).toBe(true);
    expect(await nextUpdate(client)).toBe('all <lab><name>b</name></lab>');
  });

  it('sends all again when it is asked to', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'));
    const [client, other] = [await connect(server), await connect(server)];
    const id = await established(client, ofDatastore(onChange()));
    await nextUpdate(client);
    await become(datastores, '<name>b</name>');
    await nextUpdate(client);
    expect(isOk(await client.rpc(resync(id)))).toBe(true);
    expect(await nextUpdate(client)).toBe('all <lab><name>b</name></lab>');
    expect(await refusal(other, resync(id))).toMatchObject({ appTag: 'ietf-yang-push:no-such-subscription-resync' });
  });

  it('sends all that another filter selects after modify-subscription', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name><level>1</level>'));
    const client = await connect(server);
    const id = await established(client, ofDatastore(onChange()));
    await nextUpdate(client);
    expect(isOk(await client.rpc(modify(id, ofDatastore(onChange(), { filter: NAMES }))))).toBe(true);
    expect(await nextUpdate(client)).toBe('all <lab><name>a</name></lab>');
    await become(datastores, '<name>b</name><level>2</level>');
    expect(await nextUpdate(client)).toBe('replace /lab:lab/name <name>b</name>');
    expect(await refusal(client, modify(id, ofDatastore(periodic(100))))).toMatchObject({ tag: 'bad-element' });
    expect(await refusal(client, modify(id, ofDatastore('', { datastore: 'candidate' })))).toMatchObject({
      message: 'the subscription is of running; establish another one',
    });
  });

  it('gathers what its subscriber does not take into one update', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'), {
      limits: { unsentNotifications: bytes(4_000) },
    });
    const [slow, quick] = [await connect(server), await connect(server)];
    for (const client of [slow, quick]) {
      await established(client, ofDatastore(onChange()));
      await nextUpdate(client);
    }
    slow.stream.pause();
    const words = 'abcdefghij';
    for (let round = 0; round < 400; round++) {
      await become(
        datastores,
        `<name>${words[round % 10]}${words[Math.floor(round / 10) % 10]} ${words[Math.floor(round / 100)]}</name>`,
      );
      await nextUpdate(quick);
    }
    await become(datastores, '<name>last</name>');
    slow.stream.resume();
    let [last, updates] = ['', 0];
    for (; !last.includes('last'); updates++) last = await nextUpdate(slow);
    expect(updates).toBeLessThan(400);
  });

  it('is suspended while what changes is larger than an update may be', async () => {
    const small = inLab('<name>a</name>');
    const { server, datastores } = await serveSubscriptions(small, { limits: { pushUpdate: bytes(2_000) } });
    const client = await connect(server);
    await established(client, ofDatastore(onChange('<sync-on-start>false</sync-on-start>')));
    const boxes = Array.from({ length: 100 }, (_, id) => `<box><id>${id}</id></box>`).join('');
    await become(datastores, `<name>b</name>${boxes}`);
    expect(await nextInWords(client)).toBe('subscription-suspended 1 yp:update-too-big');
    await become(datastores, '<name>c</name>');
    expect(await nextInWords(client)).toBe('subscription-resumed 1');
    expect(await nextUpdate(client)).toBe('replace /lab:lab/name <name>c</name>');
  });
});

describe('a subscription to changes of operational', () => {
  const counters = () => {
    let [beats, changed] = [1, () => {}];
    const provider: OperationalProvider = {
      module: 'lab',
      name: 'counters',
      read: async () =>
        ok(`<counters ${LAB}><beats>${beats}</beats><probe><id>7</id><value>v${beats}</value></probe></counters>`),
      watch(told) {
        changed = told;
        return () => {
          changed = () => {};
        };
      },
    };
    const beat = () => {
      beats++;
      changed();
    };
    return { provider, beat };
  };
  const ofCounters = (more = '') =>
    ofDatastore(onChange(), { datastore: 'operational', filter: ofSubtree(`<counters ${LAB}/>${more}`) });

  it('is told what changes where the provider tells that it does', async () => {
    const { provider, beat } = counters();
    const { server } = await serveSubscriptions(inLab('<name>a</name>'), { operational: [provider] });
    const client = await connect(server);
    const id = await established(client, ofCounters());
    expect(await nextUpdate(client)).toContain('<beats>1</beats>');
    beat();
    expect(await nextUpdate(client)).toBe(
      'replace /lab:counters/beats <beats>2</beats>; replace /lab:counters/probe=7/value <value>v2</value>',
    );
    expect(isOk(await client.rpc(resync(id)))).toBe(true);
    expect(await nextUpdate(client)).toContain('all <counters><beats>2</beats>');
    beat();
    beat();
    let last = '';
    while (!last.includes('<beats>4</beats>')) last = await nextUpdate(client);
  });

  it('is told of the configuration too', async () => {
    const { provider } = counters();
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'), { operational: [provider] });
    const client = await connect(server);
    await established(client, ofCounters(`<lab ${LAB}><name/></lab>`));
    expect(await nextUpdate(client)).toContain('<name>a</name>');
    await become(datastores, '<name>b</name>');
    expect(await nextUpdate(client)).toBe('replace /lab:lab/name <name>b</name>');
  });

  it('is refused where another provider would have to tell', async () => {
    const { provider } = counters();
    const silent: OperationalProvider = { module: 'lab', name: 'counters', read: () => ok('') };
    const { server } = await serveSubscriptions('', { operational: [provider, silent] });
    expect(await refusal(await connect(server), establish(ofCounters()))).toMatchObject({
      appTag: 'ietf-yang-push:on-change-unsupported',
      message: 'changes of lab:counters are not told; ask for it from time to time',
    });
  });
});

describe('a periodic subscription', () => {
  it('sends all at once, then again and again', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'), { limits: QUICK });
    const client = await connect(server);
    const id = await established(client, ofDatastore(periodic(2)));
    expect(await nextUpdate(client)).toBe('all <lab><name>a</name></lab>');
    await become(datastores, '<name>b</name>');
    let last = '';
    while (!last.includes('<name>b</name>')) last = await nextUpdate(client);
    expect(isOk(await afterUpdates(client, erase(id)))).toBe(true);
  });

  it('of operational brings state and configuration, as far as the filter goes', async () => {
    const asked: unknown[] = [];
    const counters: OperationalProvider = {
      module: 'lab',
      name: 'counters',
      read({ filters }) {
        asked.push(filters?.length);
        return ok('<counters xmlns="urn:example:lab"><beats>3</beats></counters>');
      },
    };
    const { server } = await serveSubscriptions(inLab('<name>a</name>'), { limits: QUICK, operational: [counters] });
    const client = await connect(server);
    const filter = ofSubtree(`<counters ${LAB}/>`);
    await established(client, ofDatastore(periodic(1_000), { datastore: 'operational', filter }));
    expect(await nextUpdate(client)).toBe('all <counters><beats>3</beats></counters>');
    await established(client, ofDatastore(periodic(1_000), { datastore: 'operational', filter: NAMES }));
    expect(await nextUpdate(client)).toBe('all <lab><name>a</name></lab>');
    expect(asked).toEqual([undefined, undefined]); // the second did not ask for it
  });

  it('says that an update is not complete where a provider fails later', async () => {
    let fails = false;
    const counters: OperationalProvider = {
      module: 'lab',
      name: 'counters',
      read: () => (fails ? failed([rpcError.tooBig('application')]) : ok('<counters xmlns="urn:example:lab"/>')),
    };
    const { server } = await serveSubscriptions('', { limits: QUICK, operational: [counters] });
    const client = await connect(server);
    const filter = ofSubtree(`<counters ${LAB}/>`);
    await established(client, ofDatastore(periodic(2), { datastore: 'operational', filter }));
    fails = true;
    let last = '';
    while (!last.includes('incomplete')) last = await nextUpdate(client);
    expect(last).toBe('all <incomplete-update/>');
    expect(
      await refusal(await connect(server), establish(ofDatastore(periodic(2), { datastore: 'operational', filter }))),
    ).toMatchObject({ appTag: 'ietf-yang-push:filter-unsupported'.replace('yang-push', 'subscribed-notifications') });
  });

  it('is sent when its anchor says, each time once', async () => {
    const { server } = await serveSubscriptions(inLab('<name>a</name>'));
    const client = await connect(server);
    vi.useFakeTimers({ toFake: [...STILL.toFake], now: new Date('2026-11-21T12:00:30Z') });
    const anchor = '<anchor-time>2026-11-21T00:00:00Z</anchor-time>';
    const id = await established(client, ofDatastore(periodic(6_000, anchor)));
    const sent = async () => {
      const state = `<subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/>`;
      const reply = await afterUpdates(client, `<get xmlns="${BASE_NAMESPACE}"><filter>${state}</filter></get>`);
      return Number(/<sent-event-records>(\d+)/.exec(writeXml(reply))?.[1]);
    };
    const counts = [await sent()];
    for (const seconds of [29, 1, 59, 1, 600]) {
      for (let second = 0; second < seconds; second++) {
        vi.advanceTimersByTime(1_000);
        await Promise.resolve();
      }
      counts.push(await sent());
    }
    expect(counts).toEqual([0, 0, 1, 1, 2, 12]);
    expect(id).toBe(1);
  });

  it('is suspended while its subscriber takes nothing, and goes on afterwards', async () => {
    const names = `<name>a</name>${Array.from({ length: 300 }, (_, box) => `<box><id>${box}</id></box>`).join('')}`;
    const { server } = await serveSubscriptions(inLab(names), {
      limits: { ...QUICK, unsentNotifications: bytes(2_000) },
    });
    const client = await connect(server);
    await established(client, ofDatastore(periodic(1)));
    client.stream.pause();
    const other = await connect(server);
    const state = `<subscriptions xmlns="${SUBSCRIBED_NAMESPACE}"/>`;
    const seen = async () =>
      writeXml(await other.rpc(`<get xmlns="${BASE_NAMESPACE}"><filter>${state}</filter></get>`));
    await vi.waitFor(async () => expect(await seen()).toContain('<state>suspended</state>'), 20_000);
    client.stream.resume();
    const words: string[] = [];
    while (!words.includes('subscription-resumed 1') || words.at(-1) !== 'push-update 1') {
      words.push(await nextInWords(client));
    }
    expect(words).toContain('subscription-suspended 1 unsupportable-volume');
  });

  it('of the candidate follows it', async () => {
    const { server, datastores } = await serveSubscriptions(inLab('<name>a</name>'), { limits: QUICK });
    const client = await connect(server);
    await established(client, ofDatastore(periodic(2), { datastore: 'candidate' }));
    await datastores.candidate?.edit(() => ok(inLab('<name>b</name>')));
    let last = '';
    while (!last.includes('<name>b</name>')) last = await nextUpdate(client);
  });

  it('ends at its stop-time', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    vi.useFakeTimers({ toFake: [...STILL.toFake] });
    const stop = `<stop-time>${new Date(Date.now() + 60_000).toISOString()}</stop-time>`;
    const anchor = '<anchor-time>2026-01-01T00:00:00Z</anchor-time>';
    await established(client, ofDatastore(periodic(4_000_000_000, anchor)) + stop);
    vi.advanceTimersByTime(60_000);
    expect(await nextInWords(client)).toBe('subscription-terminated 1 no-such-subscription');
  });
});

describe('establish-subscription to a datastore', () => {
  const big = inLab(`<name>a</name>${Array.from({ length: 300 }, (_, id) => `<box><id>${id}</id></box>`).join('')}`);
  it.each([
    [
      'a period that is too short',
      ofDatastore(periodic(5)),
      'invalid-value ietf-yang-push:period-unsupported',
      { reason: 'why:period-unsupported', 'period-hint': '100' },
    ],
    [
      'changes of operational',
      ofDatastore(onChange(), { datastore: 'operational' }),
      'operation-not-supported ietf-yang-push:on-change-unsupported',
      { reason: 'why:on-change-unsupported' },
    ],
    [
      'a datastore that is not there',
      ofDatastore(periodic(500), { datastore: 'startup' }),
      'invalid-value ietf-yang-push:datastore-not-subscribable',
      { reason: 'why:datastore-not-subscribable' },
    ],
    [
      'an expression that gives no nodes',
      ofDatastore(onChange(), { filter: ofXPath('1 + 1') }),
      'invalid-value ietf-subscribed-notifications:filter-unsupported',
      { reason: 'why:filter-unsupported', 'filter-failure-hint': expect.any(String) },
    ],
    [
      'updates that are too big',
      ofDatastore(periodic(500)),
      'too-big ietf-yang-push:update-too-big',
      { reason: 'why:update-too-big', 'kilobytes-estimate': '7', 'kilobytes-limit': '2' },
    ],
    [
      'a start that is too big',
      ofDatastore(onChange()),
      'too-big ietf-yang-push:sync-too-big',
      { reason: 'why:sync-too-big', 'kilobytes-estimate': '7', 'kilobytes-limit': '2' },
    ],
  ])('refuses %s with the reason and hints', async (_, inside, tags, info) => {
    const [tag, appTag] = tags.split(' ');
    const { server } = await serveSubscriptions(big, { limits: { pushUpdate: bytes(2_000) } });
    const client = await connect(server);
    expect(await refusal(client, establish(inside))).toMatchObject({
      tag,
      appTag,
      structure: 'establish-subscription-datastore-error-info',
      info,
    });
  });

  it('refuses what says neither when to send nor fits a stream', async () => {
    const { server } = await serveSubscriptions();
    const client = await connect(server);
    expect(await refusal(client, establish(ofDatastore('')))).toMatchObject({
      tag: 'missing-element',
      message: 'expected <periodic> or <on-change>',
    });
    expect(await refusal(client, establish(ofStream(periodic(100))))).toMatchObject({ tag: 'bad-element' });
  });
});

describe('what is subscribed to', () => {
  it('can be read, with the streams there are', async () => {
    const { server } = await serveSubscriptions(inLab('<name>a</name>'));
    const client = await connect(server);
    await established(client, ofDatastore(onChange('<dampening-period>100</dampening-period>'), { filter: NAMES }));
    await nextUpdate(client);
    await established(client, `${ofStream()}<stop-time>2126-01-01T00:00:00Z</stop-time>`);
    const read = (name: string) =>
      client.rpc(
        `<get xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><filter><${name} xmlns="${SUBSCRIBED_NAMESPACE}"/></filter></get>`,
      );
    const text = writeXml(await read('subscriptions')).replaceAll(` ${LAB}`, '');
    expect(text).toContain('<lab><name/></lab>');
    expect(text).toContain(`<on-change xmlns="${PUSH_NAMESPACE}"><dampening-period>100</dampening-period>`);
    expect(text).toMatch(/<stream>NETCONF<\/stream><stop-time>2126-01-01T00:00:00(Z|\+00:00)<\/stop-time>/);
    expect(text).toContain('<receiver><name>1</name><sent-event-records>1</sent-event-records>');
    const streams = writeXml(await read('streams'));
    expect(streams).toContain('<name>NETCONF</name>');
    expect(streams).toContain('<replay-log-creation-time>');
  });
});

/** The reply, past updates that were under way. */
async function afterUpdates(client: TestClient, operation: string) {
  client.send(operation);
  for (;;) {
    const event = await client.next();
    if (event?.kind === 'reply') return event.reply.element;
    if (event?.kind !== 'notification') throw new Error(`expected a reply, got ${event?.kind}`);
  }
}
