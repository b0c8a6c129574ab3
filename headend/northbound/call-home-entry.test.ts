import { milliseconds } from '@sublane/basics';
import type { CallHomeState, Session } from 'netconf-server';
import { expect, it } from 'vitest';
import { callHomeEntry } from './call-home-entry.ts';

const entry = (state: CallHomeState) => callHomeEntry({ name: 'noc', state });

it.each<[CallHomeState, object]>([
  [
    { kind: 'dialling', to: 'a:1' },
    { state: 'dialling', address: 'a:1' },
  ],
  [
    { kind: 'greeting', to: 'a:1' },
    { state: 'greeting', address: 'a:1' },
  ],
  [
    { kind: 'connected', to: 'a:1', session: {} as Session },
    { state: 'connected', address: 'a:1' },
  ],
  [
    { kind: 'waiting', retryIn: milliseconds(5), reason: 'too-late' },
    { state: 'waiting', reason: 'too-late' },
  ],
  [{ kind: 'resting', next: milliseconds(5) }, { state: 'resting' }],
])('shows what the call has come to: %j', (state, shown) => {
  expect(entry(state)).toEqual([{ name: 'noc', ...shown }]);
});

it('shows nothing of a call that is over', () => {
  expect(entry({ kind: 'stopped' })).toEqual([]);
});
