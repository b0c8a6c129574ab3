/** `date-and-time` of RFC 6991 §3: RFC 3339 with letters in upper case. */
const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** "Implementations must support time zones" (RFC 5277 §2.1.1). Undefined where the text is no time. */
export function parseDateAndTime(text: string): Date | undefined {
  if (!FORM.test(text)) return undefined;
  // A leap second, which Date does not have, is the end of the second before (RFC 3339 §5.6 permits it).
  const time = new Date(text.replace(/^(.{17})60(?:\.\d+)?/, '$159.999'));
  return Number.isNaN(time.getTime()) ? undefined : time;
}
