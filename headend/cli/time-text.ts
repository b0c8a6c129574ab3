/** A date-and-time as tables show it: UTC, to the second. */
export function timeText(time: string): string {
  return time.replace(/^(\S{10})T(\d\d:\d\d:\d\d).*$/, '$1 $2Z');
}
