import { readFileSync } from 'node:fs';
import { failed, milliseconds, ok, type Result } from '@sublane/basics';
import { type Command, InvalidArgumentError } from 'commander';
import { type NamedWish, parseRequest } from '../../configuration/group-file.ts';
import { isTimeZone } from '../../policy/zone-clock.ts';
import { integerArgument, timeArgument } from '../arguments.ts';
import { act, collect, type Surroundings } from '../command.ts';
import type { CliFailure } from '../outcome.ts';
import { readPlanSource } from '../plan-source.ts';
import { tryPlan } from '../plan-trial.ts';

interface TryOptions {
  readonly request: string;
  readonly at?: string;
  readonly location?: readonly string[];
  readonly quotaUsed?: number;
  readonly timeZone: string;
  readonly explain?: boolean;
}

/** `headend plan try`: what a plan would answer, before anybody has it. */
export function addPlanTryCommand(plan: Command, surroundings: Surroundings): void {
  plan
    .command('try')
    .description('what a plan would answer to a request; needs no headend and changes nothing')
    .argument('<file>', 'the plan: plan.yaml')
    .requiredOption(
      '--request <groups>',
      'what is asked: a group as in agent.yaml, a list of them, or a file with either, also agent.yaml itself',
    )
    .option('--at <time>', 'at this time, for rules with a window or days', timeArgument(surroundings.clock.now))
    .option('--location <name>', 'the host is here; then the place around it, and so on', collect)
    .option('--quota-used <percent>', 'so much of the quota is used', integerArgument(0, 1000))
    .option('--time-zone <zone>', "the headend's time zone, for a plan without one of its own", zoneArgument, 'UTC')
    .option('--explain', 'say of each rule why it did not decide')
    .addHelpText(
      'after',
      `
Refused where one of the groups is: a request is granted whole or not at all. What depends on more than the plan is not
tried: addresses left, capacity, groups held, who asks.

Examples:
  headend plan try gold.yaml --request '{ upld: { bandwidth: 2000, priority: H } }' --at 2026-11-21T12:00:00Z
  headend plan try gold.yaml --request agent.yaml --location cell-7,vienna --quota-used 80 --explain`,
    )
    .action(
      act<TryOptions>(surroundings, async ([file = ''], { json = false, ...options }) => {
        const source = readPlanSource(file);
        if (!source.ok) return source;
        const wishes = readRequest(options.request);
        if (!wishes.ok) return wishes;
        const { at, location = [], quotaUsed, timeZone, explain = false } = options;
        if (quotaUsed !== undefined && source.value.plan.quota === undefined)
          return failed({ kind: 'usage', message: `${file} has no quota: give it one, or leave out --quota-used` });
        const supposition = {
          at: at === undefined ? surroundings.clock.now() : milliseconds(Date.parse(at)),
          timeZone,
          places: location,
          ...(quotaUsed !== undefined && { quotaUsed }),
        };
        return tryPlan(source.value, wishes.value, supposition, { explain, json });
      }),
    );
}

/** The request itself, or the file of that name. */
function readRequest(request: string): Result<readonly NamedWish[], CliFailure> {
  let [text, source] = [request, '--request'];
  if (!INLINE.test(request))
    try {
      [text, source] = [readFileSync(request, 'utf8'), request];
    } catch (error) {
      return failed({ kind: 'usage', message: `cannot read the request ${request}: ${(error as Error).message}` });
    }
  const read = parseRequest(text, source);
  return read.ok ? ok(read.value) : failed({ kind: 'file', faults: read.failure });
}

/** YAML in itself, and no file's name. */
const INLINE = /^\s*[{[]|\n|: /;

function zoneArgument(zone: string): string {
  if (!isTimeZone(zone)) throw new InvalidArgumentError('Expected the name of a time zone, as Europe/Vienna.');
  return zone;
}
