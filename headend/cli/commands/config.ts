import { randomUUID } from 'node:crypto';
import { failed, ok, seconds, table } from '@sublane/basics';
import { CLIENT_LIMITS, childrenXml, prettyChildren, readXml } from '@sublane/netconf';
import type { RpcOutput } from '@sublane/yang';
import { type Command, Option } from 'commander';
import { operation } from 'netconf-client';
import { configurationArgument, integerArgument } from '../arguments.ts';
import { ask, type Surroundings } from '../command.ts';
import { type Change, type ConfigurationName, changesText, comparedText } from '../configuration-difference.ts';
import type { HeadendClient } from '../headend-client.ts';
import type { Outcome } from '../outcome.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';

type Entry = NonNullable<RpcOutput<'sublane-headend:list-commits'>['commit']>[number];

interface ConfirmOptions {
  readonly confirmWithin?: number;
}

const VERSION_MAX = 4_294_967_295;
/** RFC 6241 §8.4.5: a uint32 of seconds; more than a day is nobody's trial. */
const CONFIRM_MAX = 86_400;

/** `headend config …`: the configuration as a whole, its log of commits, and the way back. */
export function addConfigCommands(program: Command, surroundings: Surroundings): void {
  const config = program
    .command('config')
    .description('the configuration as a whole: what it is, was, would be, and the way back')
    .addHelpText(
      'after',
      `
Every change of locations, pools, plans, access and authorities is a commit with a number.
Examples:
  headend config history
  headend config diff 41                        from commit 41 to what the headend works by now
  headend config diff                           what waits in the candidate
  headend config rollback 41 --confirm-within 120
  headend config confirm 6f0c…                  within 120 s, or everything is as it was before`,
    );

  config
    .command('history')
    .description('the commits, newest first')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const all = await listAll(headend, 'sublane-headend:list-commits', {}, ({ commit = [] }) => commit, options);
        return all.ok ? ok({ text: historyTable(all.value), json: all.value }) : all;
      }),
    );

  config
    .command('show')
    .description('the configuration, or that of a commit, as XML')
    .argument(
      '[version]',
      'a commit, as "config history" numbers it (default: what the headend works by)',
      integerArgument(1, VERSION_MAX),
    )
    .action(
      ask(surroundings, async (headend, [wanted]): Outcome => {
        if (wanted === undefined) {
          const running = await headend.runningXml();
          if (!running.ok) return running;
          return ok({ text: prettyChildren(running.value), json: { content: childrenXml(running.value) } });
        }
        const commit = await headend.call('sublane-headend:get-commit', { version: Number(wanted) });
        if (!commit.ok) return commit;
        const read = readXml(`<config>${commit.value.content}</config>`, CLIENT_LIMITS);
        const text = read.ok ? prettyChildren(read.value) : commit.value.content;
        return ok({ text, json: commit.value, notes: partialNotes(commit.value) });
      }),
    );

  config
    .command('diff')
    .description('what differs from one configuration to another')
    .argument('[from]', 'a commit, running, or candidate (default: running)', configurationArgument)
    .argument('[to]', 'the same (default: candidate; with FROM alone: running)', configurationArgument)
    .action(
      ask(surroundings, async (headend, given): Outcome => {
        const [from = 'running', to = given[0] === undefined ? 'candidate' : 'running'] =
          given as readonly unknown[] as readonly ConfigurationName[];
        const compared = await headend.call('sublane-headend:compare-configurations', { from, to });
        if (!compared.ok) return compared;
        const { change = [] } = compared.value;
        const text = change.length === 0 ? `no difference ${comparedText(from, to)}` : changesText(change);
        return ok({ text, json: { from, to, change } });
      }),
    );

  config
    .command('rollback')
    .description('make the configuration what it was after a commit; itself a new commit')
    .argument('<version>', 'as "config history" numbers it', integerArgument(1, VERSION_MAX))
    .addOption(confirmOption())
    .action(
      ask<ConfirmOptions>(surroundings, async (headend, [wanted], options) =>
        rollback(headend, Number(wanted), options),
      ),
    );

  config
    .command('commit')
    .description('make the headend work by the candidate')
    .addOption(confirmOption())
    .action(
      ask<ConfirmOptions>(surroundings, async (headend, _, options) => {
        const waiting = await headend.call('sublane-headend:compare-configurations', {});
        if (!waiting.ok) return waiting;
        const { change = [] } = waiting.value;
        if (change.length === 0) return failed({ kind: 'failed', message: 'the candidate holds no change' });
        return committed(headend, change, options, 'committed');
      }),
    );

  config
    .command('discard')
    .description('drop what waits in the candidate')
    .action(
      ask(surroundings, async (headend) => {
        const done = await headend.operate(operation.discardChanges());
        return done.ok
          ? ok({ text: 'the candidate is what the headend works by', json: { result: 'discarded' } })
          : done;
      }),
    );

  config
    .command('confirm')
    .description('keep a commit that was made with --confirm-within')
    .argument('<id>', 'what the commit printed')
    .action(
      ask(surroundings, async (headend, [id = '']) => {
        const done = await headend.operate(operation.commit({ persistId: id }));
        return done.ok ? ok({ text: 'confirmed: it stays', json: { result: 'confirmed' } }) : done;
      }),
    );

  config
    .command('cancel')
    .description('take back at once a commit that was made with --confirm-within')
    .argument('<id>', 'what the commit printed')
    .action(
      ask(surroundings, async (headend, [id = '']) => {
        const done = await headend.operate(operation.cancelCommit({ persistId: id }));
        return done.ok ? ok({ text: 'taken back: all is as it was before', json: { result: 'cancelled' } }) : done;
      }),
    );
}

/** The candidate is nobody else's meanwhile, and what was not committed does not stay in it. */
async function rollback(headend: HeadendClient, wanted: number, options: ConfirmOptions): Outcome {
  const found = await headend.call('sublane-headend:get-commit', { version: wanted });
  if (!found.ok) return found;
  if (found.value.partial !== undefined)
    return failed({
      kind: 'failed',
      message: `you may not read all of version ${wanted}, so going back to it would remove the rest. Ask an administrator.`,
    });
  const locked = await headend.operate(operation.lock('candidate'));
  if (!locked.ok) return locked;
  const outcome = await rollbackLocked(headend, wanted, found.value.content, options);
  if (!outcome.ok) await headend.operate(operation.discardChanges());
  await headend.operate(operation.unlock('candidate'));
  return outcome;
}

async function rollbackLocked(
  headend: HeadendClient,
  wanted: number,
  content: string,
  options: ConfirmOptions,
): Outcome {
  const copied = await headend.operate(operation.copyConfig({ target: 'candidate', source: { config: content } }));
  if (!copied.ok) return copied;
  const compared = await headend.call('sublane-headend:compare-configurations', {});
  if (!compared.ok) return compared;
  const { change = [] } = compared.value;
  if (change.length === 0) {
    await headend.operate(operation.discardChanges());
    return ok({
      text: `nothing to do: the configuration is that of version ${wanted}`,
      json: { version: wanted, change },
    });
  }
  return committed(headend, change, options, `rolled back to version ${wanted}`);
}

async function committed(
  headend: HeadendClient,
  change: readonly Change[],
  { confirmWithin }: ConfirmOptions,
  done: string,
): Outcome {
  const id = randomUUID();
  const trial =
    confirmWithin === undefined ? {} : { confirmed: true, confirmTimeout: seconds(confirmWithin), persist: id };
  const answer = await headend.operate(operation.commit(trial));
  if (!answer.ok) return answer;
  const newest = await headend.call('sublane-headend:list-commits', { limit: 1 });
  const made = newest.ok ? newest.value.commit?.[0]?.version : undefined;
  return ok({
    text: `${changesText(change)}\n${done}${made === undefined ? '' : `: this is version ${made}`}`,
    json: {
      ...(made !== undefined && { version: made }),
      change,
      ...(confirmWithin !== undefined && { 'confirm-within': confirmWithin, id }),
    },
    notes:
      confirmWithin === undefined
        ? []
        : [`Taken back in ${confirmWithin} s unless you keep it: headend config confirm ${id}`],
  });
}

function confirmOption() {
  return new Option(
    '--confirm-within <seconds>',
    'take it back after so long, unless "config confirm" keeps it',
  ).argParser(integerArgument(1, CONFIRM_MAX));
}

function historyTable(entries: readonly Entry[]): string {
  return table(
    ['VERSION', 'AT', 'BY', 'FOR'],
    entries.map((one) => [
      String(one.version),
      timeText(one['committed-at']),
      one['committed-by'],
      one.waits === undefined ? PURPOSE[one.purpose] : `${PURPOSE[one.purpose]}, waits`,
    ]),
    'no commits yet',
  );
}

const PURPOSE: Readonly<Record<Entry['purpose'], string>> = {
  edit: 'change',
  confirmed: 'trial',
  revert: 'taken back',
};

function partialNotes({ partial }: { readonly partial?: unknown }): readonly string[] {
  return partial === undefined ? [] : ['There is more in it than you may read.'];
}
