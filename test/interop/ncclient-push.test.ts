// Debian's ncclient subscribes to the configuration of the real headend (RFC 8639, RFC 8641).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { HeadendProcess, hostKey, type Operator } from '../programs/index.ts';
import { ncclientMissing } from './ncclient.ts';

const missing = ncclientMissing();
if (missing !== undefined) console.warn(`skipped: ncclient subscribes to the headend's configuration: ${missing}`);

const PROGRAM = fileURLToPath(new URL('./ncclient-push.py', import.meta.url));
const SUBSCRIBED = 'urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications';
const PUSH = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';
const key = hostKey('olga');

let headend: HeadendProcess;
let operator: Operator;

beforeAll(async () => {
  if (missing !== undefined) return;
  headend = await HeadendProcess.init();
  await headend.start();
  operator = await headend.operator();
  await operator.call('sublane-headend:add-operator', { name: 'olga', role: 'operator', 'public-key': key.public });
  await pools('films');
});
afterAll(async () => {
  await operator?.client.close();
  await headend?.[Symbol.asyncDispose]();
});
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const pools = (...names: readonly string[]) =>
  operator.configure({
    pool: names.map((name, index) => ({ name, class: name, prefix: [`198.51.${100 + index}.0/24`] })),
  });

const ofRunning = (trigger: string) =>
  `<establish-subscription xmlns="${SUBSCRIBED}" xmlns:yp="${PUSH}">` +
  '<yp:datastore xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">ds:running</yp:datastore>' +
  '<yp:datastore-xpath-filter>/sublane-headend:headend/sublane-headend:pool</yp:datastore-xpath-filter>' +
  `${trigger}</establish-subscription>`;

interface Outcome {
  readonly replies: readonly {
    readonly reply?: string;
    readonly tag?: string;
    readonly appTag?: string;
    readonly info?: string;
  }[];
  readonly told: readonly string[];
}

test('ncclient is told of a pool that another operator adds, and why a period will not do', async () => {
  const keyFile = join(headend.folder, 'olga.key');
  writeFileSync(keyFile, key.private, { mode: 0o600 });
  const rpcs = [
    ofRunning('<yp:on-change/>'),
    ofRunning('<yp:periodic><yp:period>1</yp:period></yp:periodic>'),
    `<delete-subscription xmlns="${SUBSCRIBED}"><id>99</id></delete-subscription>`,
  ];
  const program = spawn('/usr/bin/python3', [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  program.stdin.end(JSON.stringify({ ...headend.address, user: 'olga', keyFile, rpcs, until: 'pool=calls' }));
  const lines: string[] = [];
  const reader = createInterface(program.stdout);
  reader.on('line', (line) => lines.push(line));
  const closed = once(reader, 'close');
  await Promise.race([once(reader, 'line'), closed]);
  await pools('films', 'calls');
  await closed;
  expect(lines[0]).toBe('ready');
  const { replies, told } = JSON.parse(lines[1] ?? 'null') as Outcome;
  expect(replies[0]?.reply).toMatch(/<id[^>]*>\d+<\/id>/);
  expect(replies[1]).toMatchObject({
    tag: 'invalid-value',
    appTag: 'ietf-yang-push:period-unsupported',
    info: expect.stringMatching(/<period-hint>100<\/period-hint>/),
  });
  expect(replies[2]).toMatchObject({ appTag: 'ietf-subscribed-notifications:no-such-subscription' });
  expect(told[0]).toMatch(/push-update.*<name>films<\/name>/s);
  expect(told.at(-1)).toMatch(/push-change-update.*<operation>create<\/operation>.*pool=calls.*<name>calls<\/name>/s);
});
