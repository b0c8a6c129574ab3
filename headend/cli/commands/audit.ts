import { milliseconds, ok, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { timeArgument } from '../arguments.ts';
import { ask, type Surroundings } from '../command.ts';
import type { HeadendClient } from '../headend-client.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';

type Entry = NonNullable<RpcOutput<'sublane-headend:list-audit'>['entry']>[number];

interface AuditOptions extends ListOptions {
  readonly host?: string;
  readonly subscriber?: string;
  readonly since?: string;
  readonly follow?: boolean;
}

const POLL = milliseconds(1_000);

/** `headend audit`: what happened, who did it, and what was refused. */
export function addAuditCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('audit')
    .description('what happened, who did it, and what was refused; oldest first')
    .option('--host <host-id>', 'only what concerns this host')
    .option('--subscriber <name>', 'only what concerns this subscriber, its hosts and its leases')
    .option(
      '--since <time>',
      'from then on: 2026-11-21T10:00:00Z, or 30s, 10m, 2h, 1d ago',
      timeArgument(surroundings.clock.now),
    )
    .option('--follow', 'go on and show what happens, until Ctrl-C')
    .addOption(limitOption())
    .addHelpText(
      'after',
      `
Examples:
  headend audit --since 10m
  headend audit --subscriber alice --since 1d
  headend audit --host laptop-7f --follow --json

Looking leaves an entry of its own: history-read.`,
    )
    .action(
      ask<AuditOptions>(surroundings, async (headend, _, options) => {
        const filter = {
          ...(options.host !== undefined && { 'host-id': options.host }),
          ...(options.subscriber !== undefined && { subscriber: options.subscriber }),
          ...(options.since !== undefined && { since: options.since }),
        };
        const all = await listAll(headend, 'sublane-headend:list-audit', filter, ({ entry = [] }) => entry, options);
        if (!all.ok) return all;
        if (!options.follow) return ok({ text: auditTable(all.value), json: all.value });
        return follow(headend, surroundings, filter, all.value, options.json === true);
      }),
    );
}

/** One line for each entry, as it happens. */
async function follow(
  headend: HeadendClient,
  { stdout, clock, interruption }: Surroundings,
  filter: { readonly 'host-id'?: string; readonly subscriber?: string; readonly since?: string },
  first: readonly Entry[],
  json: boolean,
) {
  const signal = interruption();
  let last = '0';
  let since = filter.since;
  const show = (entries: readonly Entry[]) => {
    for (const entry of entries) {
      // The question begins at the last entry's time, so some come twice.
      if (BigInt(entry.id) <= BigInt(last)) continue;
      stdout.write(`${json ? JSON.stringify(entry) : auditLine(entry)}\n`);
      last = entry.id;
      since = entry.time;
    }
  };
  show(first);
  while (!signal.aborted) {
    await clock.sleep(POLL, signal).catch(() => undefined);
    const more = await listAll(
      headend,
      'sublane-headend:list-audit',
      { ...filter, ...(since !== undefined && { since }) },
      ({ entry = [] }) => entry,
      {},
    );
    if (!more.ok) return signal.aborted ? ok({ text: '' }) : more;
    show(more.value);
  }
  return ok({ text: '' });
}

function auditTable(entries: readonly Entry[]): string {
  return table(
    ['#', 'TIME', 'EVENT', 'BY', 'HOST', 'GROUP', 'RULE', 'CODE', 'DETAIL'],
    entries.map((entry) => [
      Number(entry.id),
      timeText(entry.time),
      entry.event,
      entry.subject,
      entry['host-id'],
      entry['group-id'],
      entry.rule,
      entry.code,
      detailText(entry),
    ]),
    'nothing in the audit trail',
  );
}

function auditLine(entry: Entry): string {
  const who = entry['host-id'] === undefined ? '' : ` host ${entry['host-id']}`;
  const group = entry['group-id'] === undefined ? '' : ` group ${entry['group-id']}`;
  const code = entry.code === undefined ? '' : ` ${entry.code}`;
  return `${timeText(entry.time)} ${entry.event}${code} by ${entry.subject}${who}${group} ${detailText(entry)}`.trimEnd();
}

function detailText({ detail = [] }: Entry): string {
  return detail.map(({ name, value = [] }) => `${name}=${value.join(',')}`).join(' ');
}
