import { type Clock, type Log, milliseconds, ok } from '@sublane/basics';
import { serveControl } from './control-server.ts';
import type { HeadendLink } from './headend-link.ts';
import { type AgentFailure, reasonOf, type ServiceAgent } from './service-agent.ts';

export interface DaemonParts {
  readonly agent: ServiceAgent;
  readonly link: HeadendLink;
  readonly clock: Clock;
  readonly log: Log;
  readonly socket: string;
  /** Ends the daemon. Lanes stay: they are the leases', not the process's. */
  readonly signal: AbortSignal;
}

const LONGEST_SLEEP = milliseconds(60_000);

/**
 * Puts back what was held, then keeps wish and host the same until told to stop: a tick whenever something is due, the
 * link changes, or a command came in. Resolves when stopped; throws where the control socket cannot be had.
 */
export async function runDaemon({ agent, link, clock, log, socket, signal }: DaemonParts): Promise<void> {
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(), { once: true });
  let wake = new AbortController();
  const poke = () => wake.abort();
  link.onChange(poke);

  const control = await serveControl(socket, {
    'GET /status': async () => ok(await agent.status()),
    'GET /plan': () => agent.plan(),
    'POST /request': (body) => onGroups(body, (groups) => agent.request(groups)).finally(poke),
    'POST /renew': (body) => onGroups(body, (groups) => agent.renew(groups)).finally(poke),
    'POST /release': (body) => onGroups(body, (groups) => agent.release(groups)).finally(poke),
    'POST /undo': async () => {
      const undone = await agent.undo();
      if (undone.ok) stop.abort();
      return undone;
    },
  });
  const onGroups = <T>(body: unknown, job: (groups: Groups) => Promise<T>) => {
    const groups = agent.groups((body as { groups?: readonly string[] } | undefined)?.groups ?? []);
    return groups.ok ? job(groups.value) : Promise.resolve(groups);
  };

  const restored = await agent.restore();
  if (!restored.ok) log.error({ failure: restored.failure }, reasonOf(restored.failure as AgentFailure));
  while (!stop.signal.aborted) {
    wake = new AbortController();
    await agent.tick();
    const due = agent.nextDue();
    const pause = due === undefined ? LONGEST_SLEEP : Math.min(LONGEST_SLEEP, Math.max(50, due - clock.sinceBoot()));
    await clock.sleep(milliseconds(pause), AbortSignal.any([wake.signal, stop.signal])).catch(() => {});
  }
  await control.close();
}

type Groups = Parameters<ServiceAgent['request']>[0];
