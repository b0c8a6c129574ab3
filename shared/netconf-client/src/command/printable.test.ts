import { PassThrough, Readable } from 'node:stream';
import { ok, systemClock } from '@sublane/basics';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { printable } from './printable.ts';
import { Verbs } from './verbs.ts';

test.each([
  ['plain: Grüße, 東京, 🚢\n\tindented\r\n', 'plain: Grüße, 東京, 🚢\n\tindented\r\n'],
  ['\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
  ['\x9b2J', '\\u009b2J'], // CSI as one character: XML lets it pass
  ['done\rfail', 'done\\u000dfail'],
  ['permit\u202etimrep', 'permit\\u202etimrep'],
  ['\x7f\u2066', '\\u007f\\u2066'],
])('%j is shown as %j', (text, shown) => expect(printable(text)).toBe(shown));

test.each([
  [true, 'a\\u009b2J\n'],
  [false, 'a\x9b2J\n'],
])('what a server sent steers no terminal (%s), and reaches a file as it is', async (isTTY, shown) => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const surroundings = {
    ...{ stdin: Readable.from([]), stdout: Object.assign(stdout, { isTTY }), stderr, environment: {} },
    clock: systemClock,
    interruption: () => ({ signal: new AbortController().signal, release: () => {} }),
  };
  const verbs = new Verbs(surroundings, (_options, _signal, work) => work(undefined as never));
  await verbs.plain(async () => ok({ text: 'a\x9b2J', json: null, notes: ['b\x1b[0m'] }))(new Command());
  expect(String(stdout.read())).toBe(shown);
  expect(String(stderr.read())).toBe('b\\u001b[0m\n');
});
