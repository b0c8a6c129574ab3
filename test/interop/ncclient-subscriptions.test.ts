// Debian's ncclient subscribes at the real headend: streams, filters, replays, and what is refused.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HeadendProcess, hostKey, type Operator } from '../programs/index.ts';
import { ncclientMissing } from './ncclient.ts';

const missing = ncclientMissing();
if (missing !== undefined) console.warn(`skipped: ncclient subscribes at the headend: ${missing}`);

const PROGRAM = fileURLToPath(new URL('./ncclient-subscriptions.py', import.meta.url));
const BASE_NOTIFICATIONS = 'urn:ietf:params:xml:ns:yang:ietf-netconf-notifications';
const LONG_AGO = '2026-01-01T00:00:00Z';
const key = hostKey('olga');

let headend: HeadendProcess;
let operator: Operator;

beforeAll(async () => {
  if (missing !== undefined) return;
  headend = await HeadendProcess.init();
  await headend.start();
  operator = await headend.operator();
  await operator.call('sublane-headend:add-operator', { name: 'olga', role: 'operator', 'public-key': key.public });
  await change(10);
});
afterAll(async () => {
  await operator?.client.close();
  await headend?.[Symbol.asyncDispose]();
});
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const change = (warnAt: number) =>
  operator.configure({ pool: [{ name: 'films', class: 'films', prefix: ['192.0.2.0/24'], 'warn-at': warnAt }] });

type Wish = Readonly<Record<string, unknown>> & { readonly until: string };
type Outcome = { readonly refused: string } | { readonly told: readonly string[] };

/** What each subscription is told; `meanwhile` happens when all have subscribed. */
async function subscriptions(wishes: readonly Wish[], meanwhile?: () => Promise<void>): Promise<readonly Outcome[]> {
  const keyFile = join(headend.folder, 'olga.key');
  writeFileSync(keyFile, key.private, { mode: 0o600 });
  const program = spawn('/usr/bin/python3', [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  program.stdin.end(JSON.stringify({ ...headend.address, user: 'olga', keyFile, wishes }));
  const lines: string[] = [];
  const reader = createInterface(program.stdout);
  reader.on('line', (line) => lines.push(line));
  const closed = once(reader, 'close');
  await Promise.race([once(reader, 'line'), closed]);
  await meanwhile?.();
  await closed;
  expect(lines[0]).toBe('ready');
  return JSON.parse(lines[1] ?? 'null') as readonly Outcome[];
}

const toldTo = (outcome: Outcome | undefined): readonly string[] => {
  if (outcome !== undefined && 'told' in outcome) return outcome.told;
  throw new Error(`not subscribed: ${JSON.stringify(outcome)}`);
};

describe('ncclient', () => {
  test('hears of what happens, as far as its filter lets it, with requests between', async () => {
    const subtree = `<netconf-config-change xmlns="${BASE_NOTIFICATIONS}"/>`;
    const xpath = "/n:netconf-config-change[n:changed-by/n:username='local']";
    const [all, filtered, selected] = await subscriptions(
      [
        { stream_name: 'NETCONF', until: 'netconf-config-change', ask: true },
        { subtree, until: 'netconf-config-change' },
        { xpath, namespaces: { n: BASE_NOTIFICATIONS }, until: 'netconf-config-change' },
      ],
      () => change(20),
    );
    expect(toldTo(all).at(-1)).toBe('netconf-config-change');
    expect([toldTo(filtered), toldTo(selected)]).toEqual([['netconf-config-change'], ['netconf-config-change']]);
  });

  test('has replayed what was, and is told when that is all', async () => {
    const subtree = `<netconf-config-change xmlns="${BASE_NOTIFICATIONS}"/>`;
    const stop = new Date().toISOString();
    const [open, closed] = await subscriptions([
      { start_time: LONG_AGO, subtree, until: 'replayComplete' },
      { start_time: LONG_AGO, stop_time: stop, subtree, until: 'notificationComplete' },
    ]);
    const changes = ['netconf-config-change', 'netconf-config-change'];
    expect(toldTo(open)).toEqual([...changes, 'replayComplete']);
    expect(toldTo(closed)).toEqual([...changes, 'replayComplete', 'notificationComplete']);
  });

  test('reads why it is refused', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    const refused = await subscriptions([
      { stream_name: 'none', until: '-' },
      { start_time: later, until: '-' },
      { start_time: LONG_AGO, stop_time: '2025-01-01T00:00:00Z', until: '-' },
    ]);
    expect(refused).toEqual([{ refused: 'bad-element' }, { refused: 'bad-element' }, { refused: 'bad-element' }]);
  });
});
