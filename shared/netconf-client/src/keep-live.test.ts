import { duplexPair } from 'node:stream';
import { failed, ManualClock, milliseconds } from '@sublane/basics';
import { elementText, rpcError } from '@sublane/netconf';
import { describe, expect, test, vi } from 'vitest';
import { attach } from './connect.ts';
import { type KeepLiveOptions, keepLive, type LiveState } from './keep-live.ts';
import { answerOk, type Script, ScriptedServer } from './testing/scripted-server.ts';

/** A server that can be down, and everything that happens to a live client of it. */
function world(script: Script = answerOk, more: Partial<KeepLiveOptions> = {}) {
  const clock = new ManualClock();
  const servers: ScriptedServer[] = [];
  const states: string[] = [];
  const state = { up: true };
  const live = keepLive({
    clock,
    backoff: { first: milliseconds(100), longest: milliseconds(1000) },
    random: () => 1,
    onState: (now: LiveState) =>
      states.push(now.kind === 'disconnected' ? `${now.kind} ${now.reason.kind} ${now.retryIn}` : now.kind),
    open: async (signal) => {
      if (!state.up) return failed({ kind: 'unreachable', code: undefined, message: 'It is down.' });
      const [ours, theirs] = duplexPair();
      servers.push(new ScriptedServer(theirs, script));
      return attach(ours, { signal, clock });
    },
    ...more,
  });
  return { clock, servers, states, state, live };
}

describe('a live client', () => {
  test('connects, reconnects with growing delays, and stops', async () => {
    const { clock, servers, states, state, live } = world();
    const first = await live.connected();
    expect((await live.rpc('<a xmlns="urn:e"/>')).ok).toBe(true);
    state.up = false;
    servers[0]!.stream.end();
    await first!.closed;
    await clock.advance(milliseconds(1400));
    expect(await live.rpc('<a xmlns="urn:e"/>')).toEqual({
      ok: false,
      failure: { kind: 'closed', message: 'There is no session at the moment. It is down.' },
    });
    state.up = true;
    const next = live.connected();
    await clock.advance(milliseconds(1000));
    expect(await next).not.toBe(first);
    expect((await live.rpc('<a xmlns="urn:e"/>')).ok).toBe(true);
    await live.close();
    expect(states).toEqual([
      'connecting',
      'connected',
      'disconnected closed-by-server 100',
      'connecting',
      'disconnected unreachable 200',
      'connecting',
      'disconnected unreachable 400',
      'connecting',
      'disconnected unreachable 800',
      'connecting',
      'connected',
      'stopped',
    ]);
    expect(await live.connected()).toBeUndefined();
    expect(live.state).toEqual({ kind: 'stopped' });
  });

  test('waits otherwise after some ends than after others', async () => {
    const { clock, state, states, live } = world(answerOk, {
      backoffAfter: ({ kind }) =>
        kind === 'unreachable' ? { first: milliseconds(7), longest: milliseconds(20) } : undefined,
    });
    state.up = false;
    await clock.advance(milliseconds(50));
    await live.close();
    expect(states.filter((one) => one.startsWith('disconnected')).slice(0, 4)).toEqual([
      'disconnected unreachable 7',
      'disconnected unreachable 14',
      'disconnected unreachable 20',
      'disconnected unreachable 20',
    ]);
  });

  test('begins anew with the first delay after a session that lasted', async () => {
    const { clock, servers, states, live } = world();
    for (let round = 0; round < 3; round++) {
      await live.connected();
      await clock.advance(milliseconds(1000));
      servers.at(-1)!.stream.end();
      await vi.waitFor(() => expect(live.client).toBeUndefined());
      await clock.advance(milliseconds(100));
    }
    await live.close();
    expect(states.filter((state) => state.startsWith('disconnected'))).toEqual(
      Array(3).fill('disconnected closed-by-server 100'),
    );
  });

  test('subscribes on every session, also when asked before the first stands', async () => {
    const { clock, servers, live } = world();
    const seen: string[] = [];
    live.subscribe(({ content }) => void seen.push(`subscribed ${elementText(content)}`), { stream: 'NETCONF' });
    await live.connected();
    live.listen(({ content }) => void seen.push(`listened ${elementText(content)}`));
    servers[0]!.notify('<e xmlns="urn:e">1</e>');
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    servers[0]!.stream.end();
    await vi.waitFor(() => expect(live.client).toBeUndefined());
    await clock.advance(milliseconds(200));
    await live.connected();
    servers[1]!.notify('<e xmlns="urn:e">2</e>');
    await vi.waitFor(() => expect(seen.slice(2).sort()).toEqual(['listened 2', 'subscribed 2']));
    expect(servers.map(({ asked }) => asked[0]!.operation.name)).toEqual([
      'create-subscription',
      'create-subscription',
    ]);
    await live.close();
  });

  test('subscribes on a session that stands already', async () => {
    const { servers, live } = world();
    await live.connected();
    live.subscribe(() => {});
    await vi.waitFor(() => expect(servers[0]!.asked).toHaveLength(1));
    await live.close();
  });

  test('does not stay on a session whose subscription is refused', async () => {
    const { clock, states, live } = world(() => ({
      kind: 'refused',
      errors: [rpcError.operationNotSupported('protocol')],
    }));
    live.subscribe(() => {});
    await vi.waitFor(() => expect(states).toHaveLength(2));
    await clock.advance(milliseconds(100));
    await vi.waitFor(() => expect(states).toHaveLength(4));
    expect(states).toEqual(['connecting', 'disconnected refused 100', 'connecting', 'disconnected refused 200']);
    await live.close();
  });

  test('stops while it waits for the answer to a subscription', async () => {
    const { servers, live } = world(() => undefined);
    live.subscribe(() => {});
    await vi.waitFor(() => expect(servers[0]?.asked).toHaveLength(1));
    await live.close();
    expect(live.state.kind).toBe('stopped');
  });

  test('stops while it waits, and while it connects', async () => {
    const waiting = world();
    waiting.state.up = false;
    await vi.waitFor(() => expect(waiting.live.state.kind).toBe('disconnected'));
    const never = waiting.live.connected();
    expect(await waiting.live.connected(AbortSignal.abort())).toBeUndefined();
    await waiting.live.close();
    expect(await never).toBeUndefined();

    const connecting = keepLive({ open: (signal) => attach(duplexPair()[0], { signal }) });
    await vi.waitFor(() => expect(connecting.state.kind).toBe('connecting'));
    await connecting.close();
    expect(connecting.state.kind).toBe('stopped');
  });
});
