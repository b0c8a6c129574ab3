import { type Clock, failed, type Log, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { PortService } from '../ports/port-service.ts';
import { reasonOf } from './agent-failure.ts';
import { type ControlTable, serveControl } from './control-server.ts';
import { watchDrift } from './drift-watch.ts';
import type { HeadendLink } from './headend-link.ts';
import type { Claim, ClaimFailure } from './namespace-claim.ts';
import type { ServiceAgent } from './service-agent.ts';
import { SuspendWatch } from './suspend-watch.ts';

export interface DaemonParts {
  readonly agent: Pick<
    ServiceAgent,
    | 'groups'
    | 'restore'
    | 'request'
    | 'renew'
    | 'release'
    | 'tick'
    | 'nextDue'
    | 'look'
    | 'lookAt'
    | 'resume'
    | 'watch'
    | 'status'
    | 'plan'
    | 'services'
    | 'undo'
    | 'off'
    | 'on'
  >;
  readonly link: Pick<HeadendLink, 'onChange' | 'close'>;
  readonly clock: Clock;
  /** A clock that stands still while the machine is suspended, from any start. */
  readonly monotonic: () => Milliseconds;
  readonly log: Log;
  readonly socket: string;
  /** The host's ports, held beside the lanes. */
  readonly ports?: Pick<PortService, 'start' | 'undo' | 'close'>;
  /** Makes this the one agent of the network namespace. */
  readonly claim: () => Promise<Result<Claim, ClaimFailure>>;
  /** Ends the daemon. Lanes stay: they are the leases', not the process's. */
  readonly signal: AbortSignal;
}

const LONGEST_SLEEP = milliseconds(60_000);
/** Whatever is due, and however often it fails: not more often than this without a cause from outside. */
const SHORTEST_SLEEP = milliseconds(500);
/** After a fault of our own. */
const AFTER_A_FAULT = milliseconds(10_000);

/**
 * Puts back what was held, then keeps wish and host the same until told to stop: a tick whenever something is due, the
 * link changes, or a command came in; beside it, a look at the host whenever something has changed there, which waits for
 * no headend. Resolves when stopped, or at once where another agent keeps the lanes of this network namespace; throws where
 * the control socket cannot be had.
 */
export async function runDaemon(parts: DaemonParts): Promise<Result<undefined, ClaimFailure>> {
  const { agent, link, clock, log, socket, signal } = parts;
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(), { once: true });
  // A question to a headend that does not answer must not hold up the end.
  stop.signal.addEventListener('abort', () => void link.close(), { once: true });
  if (signal.aborted) stop.abort();
  let wake = new AbortController();
  const poke = () => wake.abort();
  link.onChange(poke);

  const control = await serveControl(socket, commandsOf(parts, poke, stop), log);
  const claim = await parts.claim();
  if (!claim.ok) {
    await control.close();
    return claim;
  }
  const step = async (what: string, job: () => Promise<unknown>): Promise<boolean> => {
    try {
      await job();
      return true;
    } catch (error) {
      // A fault of ours in one thing must not end the lanes of all.
      log.error({ what, err: error }, 'internal error; going on');
      return false;
    }
  };
  await step('restore', async () => {
    const restored = await agent.restore();
    if (!restored.ok) log.error({ failure: restored.failure }, reasonOf(restored.failure));
  });
  await step('ports', async () => parts.ports?.start());
  const suspend = new SuspendWatch(clock, parts.monotonic);
  const watching = watchDrift({
    watch: (listener) => agent.watch(listener),
    look: async (hint) => {
      const due = agent.nextDue();
      const changed = await agent.look(hint);
      if (changed || agent.nextDue() !== due) poke();
      return changed;
    },
    lookAt: () => agent.lookAt,
    stoodStill: () => suspend.slept() > 0,
    resume: () => agent.resume().finally(poke),
    clock,
    log,
    signal: stop.signal,
  });
  while (!stop.signal.aborted) {
    if (suspend.slept() > 0) await step('resume', () => agent.resume());
    wake = new AbortController();
    const sound = await step('tick', () => agent.tick());
    const due = agent.nextDue();
    const least = sound ? SHORTEST_SLEEP : AFTER_A_FAULT;
    const pause = due === undefined ? LONGEST_SLEEP : Math.min(LONGEST_SLEEP, Math.max(least, due - clock.sinceBoot()));
    await clock.sleep(milliseconds(pause), AbortSignal.any([wake.signal, stop.signal])).catch(() => {});
  }
  await watching;
  parts.ports?.close();
  await control.close();
  await claim.value.release();
  return ok();
}

/** What the program's own commands may ask. */
function commandsOf({ agent, ports }: DaemonParts, poke: () => void, stop: AbortController): ControlTable {
  type Groups = Parameters<ServiceAgent['request']>[0];
  const onGroups = async <T>(body: unknown, job: (groups: Groups) => Promise<T>) => {
    const groups = agent.groups((body as { groups?: readonly string[] } | undefined)?.groups ?? []);
    return groups.ok ? job(groups.value).finally(poke) : groups;
  };
  return {
    'GET /status': async () => ok(await agent.status()),
    'GET /plan': () => agent.plan(),
    'GET /services': () => agent.services(),
    'POST /request': (body) => onGroups(body, (groups) => agent.request(groups)),
    'POST /renew': (body) => onGroups(body, (groups) => agent.renew(groups)),
    'POST /release': (body) => onGroups(body, (groups) => agent.release(groups)),
    'POST /off': () => agent.off().finally(poke),
    'POST /on': () => agent.on().finally(poke),
    'POST /undo': async () => {
      const undone = await agent.undo();
      if (undone.ok && ports !== undefined) {
        const unbound = ports.undo();
        if (!unbound.ok) return failed({ kind: 'host', reason: `ports: ${unbound.failure.message}` });
      }
      if (undone.ok) stop.abort();
      return undone;
    },
  };
}
