import { expect, test } from 'vitest';
import { logLine, openLog } from './log.ts';

test('a secret never gets in, wherever it stands', () => {
  const lines: string[] = [];
  const log = openLog('test', 'info', { write: (line) => void lines.push(line) });
  log.info({ password: 'hush-1', request: { 'user-password': 'hush-2' }, a: { b: { token: 'hush-3' } } }, 'asked');
  expect(lines.join('')).toContain('[secret]');
  expect(lines.join('')).not.toContain('hush');
});

test('a line for people says when, how grave, what, and the facts', () => {
  const line = logLine(
    JSON.stringify({ level: 40, time: 0, pid: 1, hostname: 'h', name: 'x', group: 1, msg: 'lease ended' }),
  );
  expect(line).toMatch(/^\d\d:\d\d:\d\d warn {2}lease ended \(group=1\)$/);
});
