import { failed, type Log, ok, openLog } from '@sublane/basics';
import type { Command } from 'commander';
import { placesOf } from '../../settings/places.ts';
import { type LogLevel, readSettings, settingsFailureText } from '../../settings/settings.ts';
import { act, type Surroundings } from '../command.ts';
import { VERSION } from '../version.ts';

/** `headend serve`: the headend itself, in the foreground. */
export function addServeCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('serve')
    .description('serve, in the foreground; SIGTERM drains and ends, SIGHUP reads headend.yaml again')
    .addHelpText(
      'after',
      `
Prints "headend ready on HOST:PORT" when it is. Its log goes to standard error, one JSON object a line.

Example:
  headend serve --dir edge 2>> edge.log`,
    )
    .action(
      act(surroundings, async (_, options) => {
        const places = placesOf(options);
        const settings = readSettings(places);
        if (!settings.ok) {
          if (settings.failure.kind === 'wrong') return failed({ kind: 'file', faults: settings.failure.faults });
          return failed({ kind: 'usage', message: settingsFailureText(settings.failure) });
        }
        // Here, for the other commands to start without it.
        const { serve } = await import('../../serve.ts');
        const log = openLog('headend', settings.value.logLevel);
        const ended = Promise.withResolvers<void>();
        const started = await serve(places, settings.value, log, VERSION);
        if (!started.ok) return failed(started.failure);
        const headend = started.value;
        surroundings.stdout.write(`headend ready on ${headend.listening[0]}\n`);
        log.info({ listening: headend.listening, socket: places.socket }, 'ready');

        process.on('SIGHUP', () => {
          const next = readSettings(places);
          if (!next.ok) {
            log.error({ fault: settingsFailureText(next.failure) }, 'headend.yaml is not right; all stays as it was');
            return;
          }
          const reloaded = headend.reload(next.value);
          if (!reloaded.ok) {
            log.error({ fault: reloaded.failure.message }, 'the keys are not right; all stays as it was');
            return;
          }
          setLevel(log, next.value.logLevel);
          if (reloaded.value.length > 0)
            log.warn({ members: reloaded.value }, 'these changes count from the next start');
          log.info('headend.yaml read again');
        });
        // The first signal drains; a second one, while it does, ends at once.
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.resolve());
        await ended.promise;
        log.info('draining');
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
        await headend.close();
        log.info('ended');
        return ok({ text: '' });
      }),
    );
}

/** `Log` shows what writers of entries need; the level is for the one who opened it. */
function setLevel(log: Log, level: LogLevel): void {
  (log as Log & { level: string }).level = level;
}
