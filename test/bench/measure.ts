/** One number, with what it is compared to. */
export interface Figure {
  readonly what: string;
  readonly unit: '/s' | 'ms' | 'kB' | 'µs' | '%';
  readonly ours: number;
  readonly peer?: { readonly name: string; readonly value: number };
  readonly goal?: number;
  /** How it was measured, where the name does not say. */
  readonly note?: string;
}

/** A benchmark: measures one thing, the peer in the same run. */
export interface Benchmark {
  readonly name: string;
  readonly run: (progress: (text: string) => void) => Promise<readonly Figure[]>;
}

/** Is more better? A rate grows, everything else shrinks. */
export const betterIsMore = ({ unit }: Figure): boolean => unit === '/s';

/** How much better ours is than the peer's: over 1 is better. */
export function ratioOf(figure: Figure): number | undefined {
  if (figure.peer === undefined) return undefined;
  return betterIsMore(figure) ? figure.ours / figure.peer.value : figure.peer.value / figure.ours;
}

export function meetsGoal(figure: Figure): boolean | undefined {
  if (figure.goal === undefined) return undefined;
  return betterIsMore(figure) ? figure.ours >= figure.goal : figure.ours <= figure.goal;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Operations per second of process CPU time: the best of three rounds after a warm-up, so that neighbours count less. */
export function cpuRate(operation: () => void, milliseconds = 600): number {
  const cpu = () => process.cpuUsage().user + process.cpuUsage().system;
  const round = () => {
    const begin = cpu();
    let count = 0;
    let spent = 0;
    do {
      for (let index = 0; index < 20; index++) operation();
      count += 20;
      spent = cpu() - begin;
    } while (spent < milliseconds * 1000);
    return (count / spent) * 1e6;
  };
  round();
  return Math.max(round(), round(), round());
}
