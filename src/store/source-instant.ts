/** Milliseconds of a source's own time, or undefined when it gave none that can be compared. */
export function sourceInstant(sourceTime: string | undefined): number | undefined {
  const instant = sourceTime === undefined ? Number.NaN : Date.parse(sourceTime);
  return Number.isNaN(instant) ? undefined : instant;
}
