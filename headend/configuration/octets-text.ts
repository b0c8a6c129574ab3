/** The largest first of each kind; a text takes the first that fits without a rest. */
const UNITS: readonly (readonly [string, number])[] = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['B', 1],
];

/** `50 GB`, `1.5 TiB` or a number: whole bytes, 1 to 2^53 - 1; undefined: none of that. */
export function octetsOf(value: number | string): number | undefined {
  const octets = typeof value === 'number' ? value : octetsOfText(value);
  return octets !== undefined && Number.isSafeInteger(octets) && octets >= 1 ? octets : undefined;
}

function octetsOfText(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,16}(?:\.\d{1,12})?) ?([kKMGT]?i?B)$/.exec(text) ?? [];
  const factor = UNITS.find(([name]) => name === unit)?.[1];
  if (digits === undefined || factor === undefined) return undefined;
  const octets = Number(digits) * factor;
  // 1.1 GB is a whole number of bytes, though not by binary fractions.
  return Math.abs(octets - Math.round(octets)) < 1e-3 ? Math.round(octets) : undefined;
}

/** So that `octetsOf` reads it back: `50 GB`, and a number where no unit fits. */
export function octetsText(octets: number): string | number {
  const unit = UNITS.find(([name, factor]) => name !== 'B' && octets % factor === 0);
  return unit === undefined ? octets : `${octets / unit[1]} ${unit[0]}`;
}
