import { expect, it } from 'vitest';
import { timeText } from './time-text.ts';

it('is short, and says that it is UTC', () => {
  expect(timeText('2026-11-21T13:18:30.503+00:00')).toBe('2026-11-21 13:18:30Z');
});
