import { failed, ok, type Result } from '@sublane/basics';
import * as v from 'valibot';
import { members } from '../settings/members.ts';
import type { GroupVerdict, HookTrouble, HookVerdict } from './policy-hook.ts';

/** Characters of a reason. */
export const REASON_MAX = 200;

/**
 * Reads the body of an answer: `{"result": …}`, where the result is the verdict, or only its `allow`. `{}` is OPA's
 * answer for a document without a value.
 *
 * Beside the verdict's own members others may stand in the result: whoever asks for a whole package gets its helper
 * rules too. Inside a group they may not: a misspelt ceiling would else grant what was meant to be lowered.
 */
export function readAnswer(body: string, asked: ReadonlySet<number>): Result<HookVerdict, HookTrouble> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return unusable('it is not JSON');
  }
  if (!isObject(json)) return unusable('expected an object with a result');
  const { result } = json;
  if (result === undefined) return failed({ kind: 'undefined' });
  if (typeof result === 'boolean') return ok({ allow: result, groups: new Map() });
  const verdict = v.safeParse(verdictShape, result);
  if (!verdict.success) return unusable(issueText(verdict.issues[0]));
  const groups = new Map<number, GroupVerdict>();
  for (const [id, { allow = true, reason, upld, dnld }] of Object.entries(verdict.output.groups ?? {})) {
    if (!asked.has(Number(id))) return unusable(`it speaks of group ${id}, which was not asked for`);
    groups.set(Number(id), {
      allow,
      ...(reason !== undefined && { reason: printable(reason) }),
      ...(upld !== undefined && { upld }),
      ...(dnld !== undefined && { dnld }),
    });
  }
  const { allow, reason } = verdict.output;
  return ok({ allow, ...(reason !== undefined && { reason: printable(reason) }), groups });
}

const ceiling = v.pipe(
  v.number('expected a rate in kbit/s'),
  v.minValue(1, 'expected a rate of at least 1 kbit/s'),
  v.maxValue(Number.MAX_SAFE_INTEGER, 'expected a rate in kbit/s'),
  v.transform(Math.floor),
);
const groupShape = members({
  allow: v.optional(v.boolean('expected true or false')),
  reason: v.optional(v.string('expected a text')),
  upld: v.optional(ceiling),
  dnld: v.optional(ceiling),
});
const groupId = v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,4}$/, 'expected the number of a group'));
const verdictShape = v.object(
  {
    allow: v.boolean('expected true or false'),
    reason: v.optional(v.string('expected a text')),
    groups: v.optional(v.record(groupId, groupShape, 'expected groups by their number')),
  },
  'expected an object with allow, or true or false',
);

function issueText({ message, path }: v.BaseIssue<unknown>): string {
  const place = ['result', ...(path ?? []).map(({ key }) => String(key))].join('.');
  return printable(`${place}: ${message}`);
}

const isObject = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unusable = (message: string) => failed({ kind: 'unusable', message } as const);

/** Without control, format and separator characters, which could deceive a reader's terminal or break a log line. */
export function printable(text: string): string {
  const clean = text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const characters = [...clean];
  return characters.length <= REASON_MAX ? clean : `${characters.slice(0, REASON_MAX - 1).join('')}…`;
}
