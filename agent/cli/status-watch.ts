import type { AgentStatus } from '../service/status.ts';

/** A status without what runs by itself: times that pass, bytes that are counted. Two that are equal say the same. */
export function lastingPart({ groups, host, ...rest }: AgentStatus): string {
  return JSON.stringify({
    ...rest,
    groups: groups.map(({ traffic: _traffic, retryIn: _retryIn, lease, ...group }) => ({ ...group, lease: lease?.id })),
    host: { ...host, contests: host.contests.map(({ object }) => object) },
  });
}

export interface StatusWatchParts {
  readonly read: () => Promise<AgentStatus>;
  /** In words, or as JSON on one line. */
  readonly text: (status: AgentStatus) => string;
  readonly write: (text: string) => void;
  /** Whole screens that replace each other; else what is written stays, and is written only when something changes. */
  readonly screen: boolean;
  /** Between two looks. */
  readonly pause: () => Promise<void>;
}

const CLEAR = '\x1b[H\x1b[J';

/** Shows the status again whenever it is another, without end. */
export async function watchStatus({ read, text, write, screen, pause }: StatusWatchParts): Promise<never> {
  let shown: string | undefined;
  for (;;) {
    const status = await read();
    const now = screen ? text(status) : lastingPart(status);
    if (now !== shown) write(screen ? `${CLEAR}${now}\n` : `${text(status)}\n`);
    shown = now;
    await pause();
  }
}
