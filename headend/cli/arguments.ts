import { InvalidArgumentError } from 'commander';

/** A whole number in a range, as an option's value. */
export function integerArgument(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to)
      throw new InvalidArgumentError(`Expected a whole number from ${from} to ${to}.`);
    return value;
  };
}

/** A configuration: `running`, `candidate`, or the number of a commit. */
export function configurationArgument(text: string): number | 'running' | 'candidate' {
  if (text === 'running' || text === 'candidate') return text;
  const version = Number(text);
  if (/^\d{1,10}$/.test(text) && version >= 1) return version;
  throw new InvalidArgumentError(
    'Expected the number of a commit (see: headend config history), running or candidate.',
  );
}

export function oneOf<const T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((one) => one === text);
    if (choice === undefined) throw new InvalidArgumentError(`Expected one of ${choices.join(', ')}.`);
    return choice;
  };
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How long, as `90s`, `30m`, `12h`, `7d`, in seconds. */
export function durationArgument(from: number, to: number): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,9})([smhd])$/.exec(text);
    const value = match === null ? Number.NaN : (Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0)) / 1000;
    if (!(value >= from && value <= to))
      throw new InvalidArgumentError(`Expected ${from} s to ${to} s, as 30m, 12h or 7d.`);
    return value;
  };
}

/** `2026-11-21T10:00:00Z`, or how long ago: `30s`, `10m`, `2h`, `1d`. Answers RFC 6991's date-and-time. */
export function timeArgument(now: () => number): (text: string) => string {
  return (text) => {
    const ago = /^(\d{1,6})([smhd])$/.exec(text);
    const at = ago === null ? Date.parse(text) : now() - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0);
    if (Number.isNaN(at) || (ago === null && !/^\d{4}-\d\d-\d\d/.test(text)))
      throw new InvalidArgumentError(
        'Expected a time, as 2026-11-21T10:00:00Z, or how long ago, as 30s, 10m, 2h or 1d.',
      );
    return new Date(at).toISOString();
  };
}
