import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, ManualClock, milliseconds, ok, silentLog } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askDaemon } from './control-client.ts';
import { type DaemonParts, runDaemon } from './daemon.ts';

let folder: string;
let socket: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daemon-'));
  socket = join(folder, 'agent.sock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A daemon around an agent that does nothing but what `more` says; its story as words. */
function start(more: Partial<DaemonParts['agent']> = {}) {
  const story: string[] = [];
  const clock = new ManualClock();
  const ending = new AbortController();
  let poke = () => {};
  const told = <T>(word: string, value: T): T => {
    story.push(word);
    return value;
  };
  const agent: DaemonParts['agent'] = {
    groups: (names) =>
      names.includes('x') ? failed({ kind: 'unknown-group', group: 'x', known: [] } as const) : ok([]),
    restore: async () => told('restore', ok()),
    tick: async () => told('tick', undefined),
    nextDue: () => undefined,
    request: async () => told('request', ok([])),
    renew: async () => ok([]),
    release: async () => ok(),
    status: async () => ({
      hostId: 'h',
      headend: { headend: 'x', connected: false },
      groups: [],
      host: { repairs: [], contests: [] },
    }),
    plan: async () => ok([]),
    undo: async () => told('undo', ok()),
    ...more,
  };
  const link: DaemonParts['link'] = {
    onChange: (listener) => {
      poke = listener;
    },
    close: async () => told('close', undefined),
  };
  const ended = runDaemon({ agent, link, clock, log: silentLog, socket, signal: ending.signal });
  return { story, clock, ended, stop: () => ending.abort(), poke: () => poke() };
}

const settled = (milli = milliseconds(0), clock?: ManualClock) =>
  clock ? clock.advance(milli) : new Promise((resolve) => setTimeout(resolve, 20));

test('restores, ticks, and ticks again when the link changes or something is due', async () => {
  const { story, clock, ended, stop, poke } = start({ nextDue: () => milliseconds(clock.sinceBoot() + 3_000) });
  await settled();
  expect(story).toEqual(['restore', 'tick']);
  await settled(milliseconds(2_999), clock);
  expect(story).toHaveLength(2);
  await settled(milliseconds(1), clock);
  expect(story).toEqual(['restore', 'tick', 'tick']);
  poke();
  await settled();
  expect(story).toHaveLength(4);
  stop();
  await ended;
  expect(story.at(-1)).toBe('close');
  expect(existsSync(socket)).toBe(false);
});

test('what stays due and fails does not make it spin', async () => {
  const { story, clock, ended, stop } = start({ nextDue: () => milliseconds(0) });
  await settled();
  await settled(milliseconds(10_000), clock);
  expect(story.filter((word) => word === 'tick').length).toBeLessThanOrEqual(21);
  stop();
  await ended;
});

test('a fault in a tick ends nothing', async () => {
  let ticks = 0;
  const { clock, ended, stop } = start({
    restore: async () => {
      throw new Error('a fault of ours');
    },
    tick: async () => {
      ticks++;
      throw new Error('a fault of ours');
    },
    nextDue: () => milliseconds(0),
  });
  await settled();
  await settled(milliseconds(10_000), clock);
  expect(ticks).toBe(2);
  expect(await askDaemon(socket, 'GET', '/status')).toMatchObject({ ok: true });
  stop();
  await ended;
});

test('commands are answered, and something is done after them', async () => {
  const { story, ended, stop } = start();
  await settled();
  expect(await askDaemon(socket, 'POST', '/request', { groups: [] })).toEqual({ ok: true, value: [] });
  await settled();
  expect(story).toEqual(['restore', 'tick', 'request', 'tick']);
  expect(await askDaemon(socket, 'POST', '/release', { groups: ['x'] })).toMatchObject({
    failure: { kind: 'unknown-group' },
  });
  stop();
  await ended;
});

test('undo ends the daemon, once it is answered', async () => {
  const { story, ended } = start();
  await settled();
  expect(await askDaemon(socket, 'POST', '/undo')).toEqual({ ok: true });
  await ended;
  expect(story).toContain('undo');
});
