import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hookQuestion } from './hook-question.fixture.ts';
import { questionInput } from './question-input.ts';
import { readAnswer } from './read-answer.ts';

const MANUAL = readFileSync(new URL('../../docs/headend.md', import.meta.url), 'utf8');

/** The indented block that holds this text. */
function example(text: string): unknown {
  const block = MANUAL.split('\n\n').find((part) => part.startsWith('    {') && part.includes(text));
  return JSON.parse(block ?? 'null');
}

it('the question is as the manual shows it', () => {
  const input = questionInput(hookQuestion('zoom'));
  expect(input).toEqual(example('"version"'));
});

it('the answer that the manual shows is understood', () => {
  expect(readAnswer(JSON.stringify({ result: example('"busy hours"') }), new Set([1, 2]))).toEqual({
    ok: true,
    value: {
      allow: true,
      reason: 'busy hours',
      groups: new Map<number, object>([
        [1, { allow: true, upld: 500 }],
        [2, { allow: false, reason: 'no bulk' }],
      ]),
    },
  });
});
