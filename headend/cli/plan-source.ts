import { readFileSync } from 'node:fs';
import { type FileFault, failed, faultText, type JsonObject, ok, type Result } from '@sublane/basics';
import type { ConfigurationFault } from '../configuration/configuration-fault.ts';
import { type PlanData, ROOT } from '../configuration/headend-data.ts';
import { readConfiguration } from '../configuration/model.ts';
import { planFaults } from '../configuration/plan-consistency.ts';
import { parsePlanFile } from '../configuration/plan-file.ts';
import { type Place, planFilePlaces } from '../configuration/plan-file-places.ts';
import type { Plan } from '../policy/plan.ts';
import type { CliFailure } from './outcome.ts';

/** A plan out of a file, right as far as can be told from the file alone. */
export interface PlanSource {
  readonly data: PlanData;
  readonly plan: Plan;
  /** The place in the file of what a YANG path means; undefined: it means nothing of this plan. */
  placeOf(path: string): Place | undefined;
}

/** Reads the plan under the name given, where one is; a name in the file must be the same. */
export function readPlanSource(file: string, name?: string): Result<PlanSource, CliFailure> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return failed({ kind: 'usage', message: `cannot read the plan ${file}: ${(error as Error).message}` });
  }
  const read = parsePlanFile(text, file);
  if (!read.ok) return failed({ kind: 'file', faults: read.failure });
  const own = read.value.name as string | undefined;
  if (own !== undefined && name !== undefined && own !== name)
    return failed({
      kind: 'usage',
      message: `${file} is the plan ${own}, not ${name}: give the same name in both places`,
    });
  const data = { ...read.value, name: name ?? own ?? 'plan' } as unknown as PlanData;
  const placeOf = planFilePlaces(text, file, data);
  const alone = readConfiguration({ [ROOT]: { plan: [data as unknown as JsonObject] } });
  const faults = alone.ok ? planFaults(alone.value) : alone.failure;
  if (!alone.ok || faults.length > 0)
    return failed({ kind: 'file', faults: faults.map((fault) => inFile(fault, placeOf, file)) });
  return ok({ data, plan: alone.value.plans.get(data.name)!, placeOf });
}

/** What the headend refuses, with the place in the file where it has one. */
export function placedFailure(failure: CliFailure, { placeOf }: PlanSource): CliFailure {
  if (failure.kind !== 'refused') return failure;
  const errors = failure.errors.map((error) => {
    const place = error.path && placeOf(error.path.xpath);
    return place === undefined
      ? error
      : { ...error, message: faultText({ ...place, message: error.message ?? error.tag }) };
  });
  return { ...failure, errors };
}

function inFile({ path, message }: ConfigurationFault, placeOf: PlanSource['placeOf'], file: string): FileFault {
  return { ...(placeOf(path) ?? { where: file, path: '' }), message };
}
