import { failed, ok, type Result } from '@sublane/basics';
import type { Command } from 'commander';
import type { PoolData } from '../../configuration/headend-data.ts';
import { ask, type Surroundings } from '../command.ts';
import type { HeadendClient } from '../headend-client.ts';
import type { CliFailure, Outcome } from '../outcome.ts';
import { usedOf } from '../pool-fill-text.ts';
import { timeText } from '../time-text.ts';

/** `headend pool drain|open|move`: whether a pool gives addresses, and where those it gave go. */
export function addStateCommands(pool: Command, surroundings: Surroundings): void {
  pool
    .command('drain')
    .description('give no more new addresses from a pool; leases there end at their term')
    .argument('<name>', 'the name of the pool')
    .action(
      ask(surroundings, (headend, [name = '']) =>
        changeState(headend, name, { 'admin-state': 'draining' }, `pool ${name} is draining`),
      ),
    );

  pool
    .command('open')
    .alias('undrain')
    .description('give addresses from a pool again that was draining or moving')
    .argument('<name>', 'the name of the pool')
    .action(
      ask(surroundings, (headend, [name = '']) =>
        changeState(headend, name, { 'admin-state': 'open' }, `pool ${name} is open`),
      ),
    );

  pool
    .command('move')
    .description('move the leases of a pool to another: their hosts are told to ask again when they renew')
    .argument('<name>', 'the name of the pool')
    .requiredOption('--to <pool>', 'the pool that they get their new addresses from; of the same class')
    .addHelpText(
      'after',
      `
A lane keeps its old address until the new one stands. When no lease is left, remove the pool; until then, "headend pool
open" takes it back, and what has moved stays where it is.`,
    )
    .action(
      ask<{ to: string }>(surroundings, (headend, [name = ''], { to }) =>
        changeState(headend, name, { 'admin-state': 'moving', successor: to }, `pool ${name} is moving to ${to}`),
      ),
    );
}

export function noPool(name: string): CliFailure {
  return { kind: 'failed', message: `there is no pool ${name}. See: headend pool list` };
}

/** As configured. */
export async function settingsOf(headend: HeadendClient, name: string): Promise<Result<PoolData, CliFailure>> {
  const configuration = await headend.configuration();
  if (!configuration.ok) return configuration;
  const settings = configuration.value.pool?.find((one) => one.name === name);
  return settings === undefined ? failed(noPool(name)) : ok(settings);
}

async function changeState(
  headend: HeadendClient,
  name: string,
  state: Pick<PoolData, 'admin-state' | 'successor'>,
  text: string,
): Outcome {
  const present = await settingsOf(headend, name);
  if (!present.ok) return present;
  const { successor: _, ...settings } = present.value;
  const edited = await headend.edit('pool', 'replace', { ...settings, ...state });
  if (!edited.ok) return edited;
  const left = await leasesLeft(headend, name);
  if (!left.ok) return left;
  const said = state['admin-state'] === 'open' ? '' : `; ${leftText(name, left.value)}`;
  const notes = state.successor === undefined ? [] : await roomNotes(headend, state.successor, left.value);
  return ok({ text: `${text}${said}`, json: { pool: name, ...state, ...left.value }, notes });
}

/** Leases that find no room there end at their term. */
async function roomNotes(headend: HeadendClient, successor: string, { leases }: LeasesLeft): Promise<string[]> {
  const fill = await headend.call('sublane-headend:list-pools', { pool: successor });
  const there = fill.ok ? fill.value.pool?.[0] : undefined;
  if (there === undefined) return [];
  const room = Math.max(0, Number(there.capacity) - usedOf(there));
  if (room >= leases) return [];
  return [
    `note: pool ${successor} has room for ${room} of ${leases} leases; the others end at their term. Enlarge it: headend pool set ${successor} --prefix PREFIX`,
  ];
}

interface LeasesLeft {
  readonly leases: number;
  /** Absent where there are none, or too many to look at each. */
  readonly 'last-ends'?: string;
}

/** More are only counted. */
const LOOKED_AT = 1000;

async function leasesLeft(headend: HeadendClient, pool: string): Promise<Result<LeasesLeft, CliFailure>> {
  const fill = await headend.call('sublane-headend:list-pools', { pool });
  if (!fill.ok) return fill;
  const leases = Number(fill.value.pool?.[0]?.held ?? 0);
  if (leases === 0 || leases > LOOKED_AT) return ok({ leases });
  const listed = await headend.call('sublane-headend:list-leases', { pool, limit: LOOKED_AT });
  if (!listed.ok) return listed;
  // Of one zone and one form: they order as texts do.
  const last = (listed.value.lease ?? [])
    .map((one) => one['valid-until'])
    .toSorted()
    .at(-1);
  return ok({ leases, ...(last !== undefined && { 'last-ends': last }) });
}

function leftText(pool: string, { leases, 'last-ends': last }: LeasesLeft): string {
  if (leases === 0) return `no lease is left: headend pool remove ${pool}`;
  const ends =
    last === undefined ? '' : leases === 1 ? `, which ends ${timeText(last)}` : `, the last ends ${timeText(last)}`;
  return `${leases} ${leases === 1 ? 'lease' : 'leases'} left${ends}`;
}
