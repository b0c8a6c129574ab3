import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/**
 * To stderr: one JSON object a line, or on a terminal a line for people. What could hold a secret never gets in.
 * `level`: the least that is written, unless `SUBLANE_LOG` says otherwise.
 */
export function openLog(name: string, level = 'info', to: DestinationStream = standardError()): Log {
  const redact = { paths: SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[secret]' };
  return pino({ name, level: process.env.SUBLANE_LOG ?? level, redact }, to);
}

const SECRETS = ['password', '["user-password"]', 'userPassword', 'passphrase', 'privateKey', 'token', 'secret'];

export const silentLog: Log = pino({ level: 'silent' });

function standardError(): DestinationStream {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true });
  return { write: (line) => process.stderr.write(`${logLine(line)}\n`) };
}

/** `13:22:45 warn  what happened (group=1)` of a log line in JSON. */
export function logLine(json: string): string {
  const { level, time, msg, name: _name, pid: _pid, hostname: _host, ...rest } = JSON.parse(json) as LogRecord;
  const facts = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  const clock = new Date(time).toTimeString().slice(0, 8);
  return `${clock} ${(pino.levels.labels[level] ?? '').padEnd(5)} ${msg ?? ''}${facts.length > 0 ? ` (${facts.join(' ')})` : ''}`;
}

interface LogRecord {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly [fact: string]: unknown;
}
