import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/** One JSON object a line on stderr; what could hold a secret never gets in. */
export function openLog(name: string, level: string = process.env.SUBLANE_LOG ?? 'info'): Log {
  return pino(
    { name, level, redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[secret]' } },
    pino.destination({ dest: 2, sync: true }),
  );
}

const SECRETS = ['password', 'user-password', 'userPassword', 'passphrase', 'privateKey', 'token', 'secret'];

export const silentLog: Log = pino({ level: 'silent' });
