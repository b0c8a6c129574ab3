// An operator's day with Debian's yangcli at the real headend, in both versions of the protocol. (It cannot read
// ietf-subscribed-notifications, which refines a leafref as YANG 1.1 may and yuma123 2.13 may not, says so, and goes on.)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { headendForADay } from './operator-day.ts';
import { type YangcliStep, yangcli, yangcliMissing } from './yangcli.ts';

const missing = yangcliMissing();
if (missing !== undefined) console.warn(`skipped: an operator's day with yangcli: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const day = headendForADay(missing);
const folder = mkdtempSync(join(tmpdir(), 'yangcli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PARIS = join(folder, 'paris.xml');
writeFileSync(
  PARIS,
  '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"><time-zone>Europe/Paris</time-zone></headend>',
);

const DAY = [
  'lock target=candidate',
  'lock target=running',
  'merge /headend/time-zone value=Europe/Berlin',
  'sget-config /headend/time-zone source=candidate',
  'validate source=candidate',
  'commit',
  'xget-config /headend/time-zone source=running',
  `edit-config target=candidate default-operation=merge config=@${PARIS}`,
  'get-config source=candidate',
  'discard-changes',
  'xget-config /headend/time-zone source=candidate',
  'unlock target=running',
  'unlock target=candidate',
  'create-subscription stream=NETCONF',
  'merge /headend/time-zone value=Europe/Lisbon',
  'commit',
  'sget /netconf-state/sessions',
  'xget /netconf-state/sessions/session/session-id',
  'get-config source=running with-defaults=report-all',
  'get-config source=running with-defaults=trim',
  'get-schema identifier=sublane-headend format=yang',
  'get-status',
  'copy-config source=running target=candidate',
  'delete /headend/time-zone',
  'commit',
  'get-locks',
  'release-locks',
  'close-session',
];

let runs = 0;
const run = (commands: readonly string[], protocols?: 'netconf1.0' | 'netconf1.1') =>
  yangcli(join(folder, `${++runs}`), { ...day.headend.address, user: day.user, key: day.key }, commands, protocols);

describe.each([
  ['base:1.1', 'netconf1.1'],
  ['base:1.0', 'netconf1.0'],
] as const)('an operator’s day with yangcli in %s', (base, protocols) => {
  let steps: readonly YangcliStep[];
  let log: string;
  beforeAll(async () => {
    if (missing === undefined) ({ steps, log } = await run(DAY, protocols));
  });
  const came = (command: string) => {
    const found = steps.filter((step) => step.command.startsWith(command));
    if (found.length === 0) throw new Error(`${command} was not run: ${steps.at(-1)?.said}`);
    const replies = found.flatMap(({ messages }) => messages.filter((message) => message.startsWith('<rpc-reply')));
    return replies.join('\n');
  };

  test('is spent in that version, to its end, and nothing is refused', () => {
    expect(steps.map(({ command }) => command)).toEqual(DAY);
    expect(steps.flatMap(({ messages }) => messages).filter((message) => message.includes('<rpc-error'))).toEqual([]);
    expect(log.includes('ses: accept base:1.1 buffer')).toBe(base === 'base:1.1');
  });

  test.each([
    'lock',
    'merge',
    'validate',
    'commit',
    'edit-config',
    'discard',
    'unlock',
    'create-sub',
    'copy',
    'delete',
  ])('%s: ok', (command) => {
    expect(came(command)).toMatch(/<ok[ /]/);
  });

  test.each([
    ['sget-config', '<time-zone>Europe/Berlin</time-zone>'],
    ['xget-config /headend/time-zone source=running', '<time-zone>Europe/Berlin</time-zone>'],
    ['get-config source=candidate', '<time-zone>Europe/Paris</time-zone>'],
    ['xget-config /headend/time-zone source=candidate', '<time-zone>Europe/Berlin</time-zone>'],
    ['sget /netconf-state/sessions', '<username>olga</username>'],
    ['xget /netconf-state', '<session-id>'],
    ['get-config source=running with-defaults=report-all', '<enable-nacm>true'],
    ['get-schema', 'module sublane-headend {'],
    ['get-status', '<version'],
  ])('%s: %s', (command, expected) => {
    expect(came(command)).toContain(expected);
  });

  test('filters and modes leave out what was not asked for', () => {
    expect(came('xget /netconf-state')).not.toContain('<username>');
    expect(came('get-config source=running with-defaults=trim')).not.toContain('enable-nacm');
  });

  test('the notification comes while it asks for something else', () => {
    const all = steps.flatMap(({ messages }) => messages).filter((message) => message.startsWith('<notification'));
    expect(all[0]).toMatch(/netconf-config-change.*<username>olga<.*time-zone/s);
  });
});

describe('yangcli beside another session', () => {
  test('is denied what is locked, and told who holds it', async () => {
    await using other = await day.headend.operator();
    unwrap(await other.client.lock('candidate'));
    const { steps } = await run(['lock target=candidate']);
    expect(steps[0]?.messages.join()).toMatch(
      new RegExp(`lock-denied.*<session-id[^>]*>${other.client.sessionId}<`, 's'),
    );
  });

  test('kills it', async () => {
    await using other = await day.headend.operator();
    const { steps } = await run([`kill-session session-id=${other.client.sessionId}`]);
    expect(steps[0]?.messages.join()).toMatch(/<ok/);
    expect(await other.client.closed).toMatchObject({ kind: 'closed-by-server' });
  });

  test('sees a commit on trial taken back when its own session is lost', async () => {
    await using other = await day.headend.operator();
    const zone =
      '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"><time-zone>Europe/Oslo</time-zone></headend>';
    unwrap(await other.client.editConfig({ target: 'candidate', config: zone }));
    unwrap(await other.client.rpc('<commit><confirmed/></commit>'));
    const before = await run(['xget-config /headend/time-zone source=running']);
    expect(before.steps[0]?.messages.join()).toContain('Europe/Oslo');
    other.client.destroy();
    await expect
      .poll(async () => (await run(['xget-config /headend/time-zone source=running'])).steps[0]?.messages.join(), {
        timeout: 30_000,
      })
      .not.toContain('Europe/Oslo');
  });

  test('is refused with an error that says where, and does not go on', async () => {
    const { steps } = await run(['merge /headend/time-zone value=Nowhere/Land', 'commit', 'close-session']);
    const said = steps.flatMap(({ messages }) => messages).join();
    expect(said).toMatch(/<error-tag>invalid-value<.*time-zone/s);
    expect(steps.map(({ command }) => command)).not.toContain('close-session');
    await run(['discard-changes']);
  });

  test('has no words for a commit on trial: 2.13 knows none of its parameters, and sends nothing', async () => {
    const { steps } = await run(['commit confirmed confirm-timeout=600']);
    expect(steps[0]?.messages).toEqual([]);
    expect(steps[0]?.said).toContain('Unknown parameter (confirmed confirm-timeout=600)');
    console.warn('not tried: a confirmed commit by yangcli 2.13, which knows none of the parameters of commit');
  });
});
