/** A hundredth of a second: RFC 8641's unit of time. */
export const CENTISECOND = 10;

/**
 * When the next update is due: a time later than `now` that is a whole number of periods from the anchor. "The next
 * update will take place at a point in time that is a multiple of a period from the 'anchor-time'" (RFC 8641 §5). All in
 * milliseconds.
 */
export function nextUpdate(now: number, anchor: number, period: number): number {
  const passed = Math.floor((now - anchor) / period);
  return anchor + (passed + 1) * period;
}
