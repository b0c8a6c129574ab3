import type { Log } from '@sublane/basics';
import type { ServerEvents } from './events.ts';

type Arguments<Name extends keyof ServerEvents> = Parameters<NonNullable<ServerEvents[Name]>>;

/** Tells the application; its failure is its own. */
export function notify<Name extends keyof ServerEvents>(
  events: ServerEvents,
  log: Log,
  name: Name,
  ...what: Arguments<Name>
): void {
  const listener = events[name] as ((...what: Arguments<Name>) => void) | undefined;
  if (listener === undefined) return;
  try {
    listener.apply(events, what);
  } catch (error) {
    log.error({ err: error, event: name }, 'a listener of server events failed');
  }
}
