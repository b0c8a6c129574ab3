import { duplexPair } from 'node:stream';
import { ManualClock, milliseconds } from '@sublane/basics';
import { elementText, rpcError } from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { attach } from './connect.ts';
import { keepLive } from './keep-live.ts';
import type { Gap } from './live-subscription.ts';
import type { NotificationEvent } from './notification-queue.ts';
import { ScriptedServer } from './testing/scripted-server.ts';

const STREAMS = 'urn:ietf:params:xml:ns:netmod:notification';
const SUBSCRIBED = 'urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications';
const PUSH = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';
const BEGIN = Date.parse('2026-05-01T12:00:00Z');

interface Event {
  readonly at: number;
  readonly id: string;
}

/** Servers that share one log of events and die when told to; and a live client of them. */
function world({ replays = true, agedTime = '' } = {}) {
  const clock = new ManualClock(BEGIN);
  const log: Event[] = [];
  const servers: ScriptedServer[] = [];
  const gaps: Gap[] = [];
  let subscriptions = 0;
  const say = (server: ScriptedServer, { at, id }: Event) =>
    server.notify(`<e xmlns="urn:e">${id}</e>`, new Date(at).toISOString());
  const live = keepLive({
    clock,
    backoff: { first: milliseconds(10), longest: milliseconds(10) },
    open: async (signal) => {
      const [ours, theirs] = duplexPair();
      const server = new ScriptedServer(theirs, (envelope, peer) => {
        const { name } = envelope.operation;
        const start = /<(?:startTime|replay-start-time)>([^<]+)</.exec(envelope.text)?.[1];
        if (name === 'get') return { kind: 'data', xml: streams(agedTime) };
        if (start !== undefined && !replays) {
          return { kind: 'refused', errors: [rpcError.operationFailed('protocol', { message: 'no replay here' })] };
        }
        const id = String(++subscriptions);
        queueMicrotask(() => {
          if (start === undefined) return;
          for (const event of log) if (event.at >= Date.parse(start)) say(peer, event);
          if (name === 'create-subscription') peer.notify(`<replayComplete xmlns="${STREAMS}"/>`);
          else peer.notify(`<replay-completed xmlns="${SUBSCRIBED}"><id>${id}</id></replay-completed>`);
        });
        return name === 'establish-subscription'
          ? { kind: 'data', xml: `<id xmlns="${SUBSCRIBED}">${id}</id>` }
          : { kind: 'ok' };
      });
      servers.push(server);
      return attach(ours, { signal, clock });
    },
  });
  const happen = (event: Event, heard = true) => {
    log.push(event);
    const server = servers.at(-1);
    if (heard && server !== undefined && live.client !== undefined) say(server, event);
  };
  const restart = async () => {
    servers.at(-1)!.stream.destroy();
    await vi.waitFor(() => expect(live.client).toBeUndefined());
  };
  const back = async () => {
    await clock.advance(milliseconds(10));
    const client = live.connected();
    await clock.advance(milliseconds(10));
    await client;
  };
  return { live, clock, servers, log, gaps, happen, restart, back, onGap: (gap: Gap) => void gaps.push(gap) };
}

const streams = (agedTime: string) =>
  `<data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><netconf xmlns="${STREAMS}"><streams><stream><name>NETCONF</name><replaySupport>true</replaySupport>${agedTime && `<replayLogAgedTime>${agedTime}</replayLogAgedTime>`}</stream></streams></netconf></data>`;

const recorder = () => {
  const seen: string[] = [];
  return { seen, handler: ({ content }: NotificationEvent) => void seen.push(elementText(content) || content.name) };
};

describe.each(['subscribe', 'establish'] as const)('%s', (way) => {
  const subscribe = (one: ReturnType<typeof world>, handler: (event: NotificationEvent) => void | Promise<void>) =>
    way === 'subscribe'
      ? one.live.subscribe(handler, { onGap: one.onGap })
      : one.live.establish(handler, { stream: 'NETCONF' }, { onGap: one.onGap });

  test('hears what was missed, and nothing twice', async () => {
    const one = world();
    const { seen, handler } = recorder();
    subscribe(one, handler);
    await one.live.connected();
    one.happen({ at: BEGIN, id: 'a' });
    one.happen({ at: BEGIN, id: 'b' });
    one.happen({ at: BEGIN, id: 'b' }); // the same once more is another event
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'b']));
    await one.restart();
    one.happen({ at: BEGIN, id: 'c' });
    one.happen({ at: BEGIN, id: 'b' });
    one.happen({ at: BEGIN - 500, id: 'from a clock that went back' });
    await one.back();
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'b', 'c', 'b', 'from a clock that went back']));
    one.happen({ at: BEGIN + 1, id: 'd' });
    await vi.waitFor(() => expect(seen.at(-1)).toBe('d'));
    expect(one.gaps).toEqual([]);
    await one.live.close();
  });

  test('hears what happened before it ever heard an event', async () => {
    const one = world();
    const { seen, handler } = recorder();
    subscribe(one, handler);
    await one.live.connected();
    one.happen({ at: BEGIN + 1, id: 'a' }, false);
    await one.restart();
    await one.back();
    await vi.waitFor(() => expect(seen).toEqual(['a']));
    await one.live.close();
  });

  test('any breaks, at any time: every event once, in order', async () => {
    const step = fc.record({
      later: fc.integer({ min: 0, max: 1500 }),
      id: fc.constantFrom('a', 'b', 'c'),
      cut: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const one = world();
        const { seen, handler } = recorder();
        subscribe(one, handler);
        await one.live.connected();
        let at = BEGIN;
        for (const { later, id, cut } of steps) {
          at += later;
          // Cut: it happens while the server goes down, and may be heard or not.
          one.happen({ at, id }, !cut);
          if (!cut) continue;
          await one.restart();
          await one.back();
        }
        await vi.waitFor(() => expect(seen).toEqual(one.log.map(({ id }) => id)));
        await one.live.close();
      }),
      { numRuns: 25 },
    );
  });

  test('a slow handler keeps its order over a break', async () => {
    const one = world();
    const seen: string[] = [];
    const held: (() => void)[] = [];
    subscribe(one, async ({ content }) => {
      await new Promise<void>((resolve) => held.push(resolve));
      seen.push(elementText(content));
    });
    await one.live.connected();
    one.happen({ at: BEGIN, id: 'a' });
    one.happen({ at: BEGIN, id: 'b' });
    await vi.waitFor(() => expect(held).toHaveLength(1));
    await one.restart();
    one.happen({ at: BEGIN, id: 'c' });
    await one.back();
    for (let next = 0; next < 3; next++) {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(next));
      held[next]!();
    }
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c']));
    await one.live.close();
  });

  test('a server that replays nothing: subscribed all the same, and told', async () => {
    const one = world({ replays: false });
    const { seen, handler } = recorder();
    subscribe(one, handler);
    await one.live.connected();
    one.happen({ at: BEGIN, id: 'a' });
    await vi.waitFor(() => expect(seen).toEqual(['a']));
    await one.restart();
    one.happen({ at: BEGIN + 1, id: 'lost' });
    await one.back();
    one.happen({ at: BEGIN + 2, id: 'b' });
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b']));
    expect(one.gaps).toEqual([
      {
        from: new Date(BEGIN - 2000).toISOString(),
        message: 'the peer does not replay: operation-failed: no replay here.',
      },
    ]);
    await one.live.close();
  });

  test('stops when it is told to', async () => {
    const one = world();
    const { seen, handler } = recorder();
    const stop = subscribe(one, handler);
    await one.live.connected();
    stop();
    one.happen({ at: BEGIN, id: 'a' });
    await one.restart();
    await one.back();
    expect(one.servers.at(-1)!.asked).toEqual([]);
    expect(seen).toEqual([]);
    await one.live.close();
  });
});

test('a log that does not reach back so far is told', async () => {
  const until = new Date(BEGIN + 60_000).toISOString();
  const one = world({ agedTime: until });
  one.live.subscribe(() => {}, { onGap: one.onGap });
  await one.live.connected();
  await one.restart();
  await one.back();
  await vi.waitFor(() => expect(one.gaps).toHaveLength(1));
  expect(one.gaps[0]).toMatchObject({
    until,
    message: expect.stringContaining(`"NETCONF" of the peer has no events from before ${until}`),
  });
  await one.live.close();
});

test('without replay, a new session asks for none', async () => {
  const one = world();
  one.live.subscribe(() => {}, { replay: false });
  await one.live.connected();
  await one.restart();
  await one.back();
  expect(one.servers.map(({ asked }) => asked.some(({ text }) => text.includes('startTime')))).toEqual([false, false]);
  await one.live.close();
});

test('a stop time that has come ends the subscription for good', async () => {
  const one = world();
  const { seen, handler } = recorder();
  one.live.subscribe(handler, {
    startTime: new Date(BEGIN).toISOString(),
    stopTime: new Date(BEGIN + 1).toISOString(),
  });
  await one.live.connected();
  one.servers[0]!.notify(`<notificationComplete xmlns="${STREAMS}"/>`);
  // The caller asked for this replay, and is told of its end.
  await vi.waitFor(() => expect(seen).toEqual(['replayComplete', 'notificationComplete']));
  await one.restart();
  await one.back();
  expect(one.servers[1]!.asked).toEqual([]);
  await one.live.close();
});

describe('subscriptions of RFC 8639', () => {
  test('updates go to whose they are', async () => {
    const one = world();
    const [first, second] = [recorder(), recorder()];
    one.live.establish(first.handler, { datastore: 'running', onChange: {} });
    one.live.establish(second.handler, { datastore: 'operational', periodic: { period: 100 } });
    await one.live.connected();
    for (const id of [1, 2, 2]) one.servers[0]!.notify(`<push-update xmlns="${PUSH}"><id>${id}</id></push-update>`);
    await vi.waitFor(() =>
      expect([first.seen, second.seen]).toEqual([['push-update'], ['push-update', 'push-update']]),
    );
    await one.live.close();
  });

  test('one that the server ends is asked for anew', async () => {
    const one = world();
    const { seen, handler } = recorder();
    one.live.establish(handler, { stream: 'NETCONF' });
    await one.live.connected();
    one.servers[0]!.notify(
      `<subscription-terminated xmlns="${SUBSCRIBED}"><id>1</id><reason>x</reason></subscription-terminated>`,
    );
    await vi.waitFor(() => expect(one.live.client).toBeUndefined());
    await one.back();
    expect(one.servers[1]!.asked.map(({ operation }) => operation.name)).toEqual(['establish-subscription']);
    expect(seen).toEqual(['subscription-terminated']);
    await one.live.close();
  });

  test('one whose stop time has come is not', async () => {
    const one = world();
    one.live.establish(() => {}, { stream: 'NETCONF', stopTime: new Date(BEGIN).toISOString() });
    await one.live.connected();
    one.servers[0]!.notify(
      `<subscription-terminated xmlns="${SUBSCRIBED}"><id>1</id></subscription-terminated>`,
      new Date(BEGIN).toISOString(),
    );
    await one.restart();
    await one.back();
    expect(one.servers[1]!.asked).toEqual([]);
    await one.live.close();
  });

  test('one that is complete is not', async () => {
    const one = world();
    one.live.establish(() => {}, { stream: 'NETCONF' });
    await one.live.connected();
    one.servers[0]!.notify(`<subscription-completed xmlns="${SUBSCRIBED}"><id>1</id></subscription-completed>`);
    await one.restart();
    await one.back();
    expect(one.servers[1]!.asked).toEqual([]);
    await one.live.close();
  });
});
