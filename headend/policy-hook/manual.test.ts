import { readFileSync } from 'node:fs';
import { bytes, kilobitsPerSecond, milliseconds } from '@sublane/basics';
import { expect, it } from 'vitest';
import { questionInput } from './question-input.ts';
import { readAnswer } from './read-answer.ts';

const MANUAL = readFileSync(new URL('../../docs/headend.md', import.meta.url), 'utf8');

/** The indented block that holds this text. */
function example(text: string): unknown {
  const block = MANUAL.split('\n\n').find((part) => part.startsWith('    {') && part.includes(text));
  return JSON.parse(block ?? 'null');
}

it('the question is as the manual shows it', () => {
  const input = questionInput({
    hostId: 'laptop-7f',
    subscriber: 'alice',
    plan: 'gold',
    authority: 'embedded',
    location: 'vienna',
    peerAddress: '198.51.100.20',
    at: milliseconds(Date.parse('2026-11-21T18:00:00Z')),
    groups: [
      {
        wish: {
          groupId: 1,
          upld: { bandwidth: kilobitsPerSecond(2000), priority: 'H' },
          applications: ['zoom'],
          security: 'strict',
        },
        decision: {
          kind: 'accept',
          groupId: 1,
          rule: 'calls',
          class: {
            name: 'conversational',
            dscp: 46,
            priority: 'H',
            scope: 'external',
            admission: 'guaranteed',
            routes: [],
          },
          upld: { rate: kilobitsPerSecond(2000), burst: bytes(32_000), priority: 'H' },
          security: 'strict',
        },
      },
    ],
  });
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
