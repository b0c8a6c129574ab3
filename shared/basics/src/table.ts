/** Text in columns for a terminal: a heading, then the rows; numbers to the right. No rows: `empty` alone. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
  empty = 'none',
): string {
  if (rows.length === 0) return empty;
  const cells = rows.map((row) => headings.map((_, column) => String(row[column] ?? '-')));
  const right = headings.map((_, column) => {
    const values = rows.map((row) => row[column]).filter((value) => value !== undefined);
    return values.length > 0 && values.every((value) => typeof value === 'number');
  });
  const widths = headings.map((heading, column) =>
    Math.max(width(heading), ...cells.map((row) => width(row[column] ?? ''))),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) => {
        const fill = ' '.repeat((widths[column] ?? 0) - width(text));
        return right[column] ? fill + text : text + fill;
      })
      .join('  ')
      .trimEnd();
  return [headings, ...cells].map(line).join('\n');
}

const width = (text: string) => [...text].length;

/** `1 h 05 min`, `4 min 10 s`, `7 s`; for people. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
  if (minutes > 0) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${whole} s`;
}

/** `5 kbit/s`, `2.5 Mbit/s`, `1 Gbit/s`; for people. */
export function rateText(kilobits: number): string {
  const [value, unit] =
    kilobits >= 1e6 ? [kilobits / 1e6, 'Gbit/s'] : kilobits >= 1e3 ? [kilobits / 1e3, 'Mbit/s'] : [kilobits, 'kbit/s'];
  return `${Number(value.toFixed(3))} ${unit}`;
}

/** `812 B`, `1.5 kB`, `20 MB` (powers of ten); for people. */
export function bytesText(count: number): string {
  let value = count;
  for (const unit of ['B', 'kB', 'MB', 'GB', 'TB']) {
    if (value < 1000 || unit === 'TB') return `${Number(value.toPrecision(3))} ${unit}`;
    value /= 1000;
  }
  return `${count} B`;
}
