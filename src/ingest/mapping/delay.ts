/**
 * How long a source keeps a kind of result to itself (capabilities B9): ISO 8601 durations of days,
 * hours and minutes, exact to the minute.
 */

/** Days, hours and minutes: a month has no fixed length, so it is no delay. */
export const DURATION_PATTERN = '^P(?=\\d|T\\d)(\\d{1,3}D)?(T(?=\\d)(\\d{1,4}H)?(\\d{1,5}M)?)?$';

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/;
const MINUTE_MS = 60_000;

/** Milliseconds of such a duration. @throws RangeError for anything else. */
export function durationMs(text: string): number {
  const match = new RegExp(DURATION_PATTERN).test(text) ? DURATION.exec(text) : null;
  if (!match) throw new RangeError('Not a duration of days, hours and minutes.');
  const [days, hours, minutes] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * MINUTE_MS;
}
