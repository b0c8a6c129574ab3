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
function start(more: Partial<DaemonParts['agent']> = {}, others: Partial<DaemonParts> = {}) {
  const story: string[] = [];
  const clock = new ManualClock();
  const ending = new AbortController();
  let poke = () => {};
  let tell = () => {};
  let asleep = 0;
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
      off: false,
      notes: [],
    }),
    off: async () => told('off', ok()),
    on: async () => told('on', ok()),
    plan: async () => ok([]),
    services: async () => ok({ hostId: 'h', classes: [], securityProfiles: [] }),
    look: async (hint) => told(hint === undefined ? 'look' : 'look at what happened', false),
    get lookAt() {
      return milliseconds(clock.sinceBoot() + 60_000);
    },
    resume: async () => told('resume', undefined),
    watch: (listener) => {
      tell = () => listener({ subject: 'rule', own: true });
      return { close: () => told('unwatch', undefined) };
    },
    undo: async () => told('undo', ok()),
    ...more,
  };
  const link: DaemonParts['link'] = {
    onChange: (listener) => {
      poke = listener;
    },
    close: async () => told('close', undefined),
  };
  const monotonic = () => milliseconds(clock.sinceBoot() - asleep);
  const claim = async () => ok({ release: async () => told('let go', undefined) });
  const signal = ending.signal;
  const ended = runDaemon({ agent, link, clock, monotonic, log: silentLog, socket, claim, signal, ...others });
  const sleep = (duration: number) => {
    asleep += duration;
  };
  return { story, clock, ended, stop: () => ending.abort(), poke: () => poke(), tell: () => tell(), sleep };
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
  expect(story.slice(-3).sort()).toEqual(['close', 'let go', 'unwatch']);
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

test('what happens in the kernel is looked at, also while a headend does not answer', async () => {
  const { story, clock, ended, stop, tell } = start({ tick: () => new Promise(() => {}) });
  await settled();
  tell();
  await settled(milliseconds(1_000), clock);
  expect(story).toEqual(['restore', 'look at what happened']);
  stop();
  await Promise.race([ended, settled()]);
});

test('a look that found something to do is followed by a tick', async () => {
  const { story, clock, ended, stop, tell } = start({ look: async () => true });
  await settled();
  tell();
  await settled(milliseconds(1_000), clock);
  expect(story).toEqual(['restore', 'tick', 'tick']);
  stop();
  await ended;
});

test('after a suspend everything is put right before anything else', async () => {
  const { story, clock, ended, stop, sleep, tell } = start();
  await settled();
  sleep(3_600_000);
  tell();
  await settled(milliseconds(0), clock);
  expect(story).toEqual(['restore', 'tick', 'resume', 'tick']);
  // Also where no event tells.
  sleep(3_600_000);
  await settled(milliseconds(60_000), clock);
  expect(story.filter((word) => word === 'resume')).toHaveLength(2);
  stop();
  await ended;
});

test('where another agent keeps the lanes it touches nothing, and says who it is', async () => {
  const taken = failed({ kind: 'namespace-in-use', message: 'by 4711' } as const);
  const { story, ended } = start({}, { claim: async () => taken });
  expect(await ended).toEqual(taken);
  expect(story).toEqual([]);
  expect(existsSync(socket)).toBe(false);
});
