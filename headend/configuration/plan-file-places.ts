import { type FileFault, placesInYaml } from '@sublane/basics';
import type { PlanData } from './headend-data.ts';

export type Place = Omit<FileFault, 'message'>;

/**
 * Says where in a plan's file that is which a YANG path means: `plan[name='gold']/rule[name='calls']/when/time`, from
 * `/headend` on or from there, with prefixes or without. `plan` is what was read from the file. Undefined: the path is none
 * of this plan.
 */
export function planFilePlaces(text: string, file: string, plan: PlanData): (path: string) => Place | undefined {
  const placeOf = placesInYaml(text, file);
  return (path) => {
    const [first, ...rest] = stepsOf(path).filter(({ name }) => name !== 'headend');
    if (first?.name !== 'plan' || first.key !== plan.name) return undefined;
    const keys = keysOf(rest, plan);
    const [member, parent] = [placeOf(keys), placeOf(keys.slice(0, -1))];
    const plural = keys.at(-2) === 'when' ? PLURALS.get(keys.at(-1)) : undefined;
    // Of two spellings, the one that has a place of its own is the one in the file.
    return member.where === parent.where && plural !== undefined ? placeOf([...keys.slice(0, -1), plural]) : member;
  };
}

/** Leaf-lists may be written for one or for several. */
const PLURALS = new Map<string | number | undefined, string>([
  ['day', 'days'],
  ['location', 'locations'],
  ['application', 'applications'],
]);

interface Step {
  readonly name: string;
  /** Of a list's entry. */
  readonly key?: string;
}

function stepsOf(path: string): readonly Step[] {
  const steps = path.matchAll(/(?:^|\/)(?:[\w.-]+:)?([\w.-]+)(?:\[[^'"\]]*(['"])(.*?)\2\])?/g);
  return [...steps].map(([, name = '', , key]) => ({ name, ...(key !== undefined && { key }) }));
}

/** The members to follow in the file. */
function keysOf(steps: readonly Step[], plan: PlanData): (string | number)[] {
  return steps.flatMap(({ name, key }): (string | number)[] => {
    if (key === undefined) return [name];
    if (name === 'class') return ['classes', key];
    if (name === 'rule') return ['rules', plan.rule?.findIndex((rule) => rule.name === key) ?? 0];
    if (name === 'route') return ['routes'];
    return [name];
  });
}
