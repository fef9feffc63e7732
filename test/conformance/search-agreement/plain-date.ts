/** Dates of searches once more: instants found by asking the platform what Dutch clocks show. */

interface Span {
  readonly from: number;
  /** The first millisecond after it. */
  readonly until: number;
}

const AMSTERDAM = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Amsterdam',
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** Whether a stored date, Period or Timing answers `ge2026-03-01`. */
export function plainDate(stored: unknown, value: string): boolean {
  const [, prefix = 'eq', text = ''] = /^(eq|ne|gt|ge|lt|le|sa|eb|ap)?(.*)$/.exec(value) ?? [];
  const asked = spanOf(text);
  const own = storedSpan(stored);
  if (!asked) throw new Error(`Not a date: ${value}`);
  if (!own) return false;
  const inside = asked.from <= own.from && own.until <= asked.until;
  const overlaps = own.from < asked.until && asked.from < own.until;
  switch (prefix) {
    case 'eq':
      return inside;
    case 'ne':
      return !inside;
    case 'gt':
      return own.until > asked.until;
    case 'lt':
      return own.from < asked.from;
    case 'ge':
      return own.until > asked.until || overlaps;
    case 'le':
      return own.from < asked.from || overlaps;
    case 'sa':
      return own.from >= asked.until;
    case 'eb':
      return own.until <= asked.from;
    default:
      return overlaps;
  }
}

function storedSpan(stored: unknown): Span | undefined {
  if (typeof stored === 'string') return spanOf(stored);
  const { start, end, event, repeat } = stored as Record<string, unknown>;
  if (event !== undefined || repeat !== undefined) {
    const bounds = (repeat as { boundsPeriod?: unknown } | undefined)?.boundsPeriod;
    const events = Array.isArray(event) ? (event as unknown[]) : [];
    const spans = [...events, ...(bounds ? [bounds] : [])].map(storedSpan).filter((one) => !!one);
    if (spans.length === 0) return undefined;
    const from = Math.min(...spans.map((span) => span.from));
    return { from, until: Math.max(...spans.map((span) => span.until)) };
  }
  if (typeof start !== 'string' && typeof end !== 'string') return undefined;
  return {
    from: (typeof start === 'string' && spanOf(start)?.from) || -Infinity,
    until: (typeof end === 'string' && spanOf(end)?.until) || Infinity,
  };
}

function spanOf(text: string): Span | undefined {
  if (!/^\d{4}(?:-|$)/.test(text)) return undefined;
  const [date = '', time] = text.split('T');
  const [year = 0, month, day] = date.split('-').map(Number);
  if (time === undefined) {
    if (month === undefined) return { from: midnight(year, 1, 1), until: midnight(year + 1, 1, 1) };
    if (day === undefined) {
      return { from: midnight(year, month, 1), until: midnight(year, month + 1, 1) };
    }
    return { from: midnight(year, month, day), until: midnight(year, month, day + 1) };
  }
  const [clock = '', zone] = time.split(/(?=Z|[+-])/);
  const [hour = 0, minute = 0, second] = clock.split(':').map(Number);
  const wall = Date.UTC(year, (month ?? 1) - 1, day ?? 1, hour, minute, 0) + (second ?? 0) * 1000;
  const whole = Math.floor(wall + 1e-6);
  const from = zone === undefined ? shown(whole) : whole - offsetMs(zone);
  const width = second === undefined ? 60_000 : clock.includes('.') ? 1 : 1000;
  return { from, until: from + width };
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function midnight(year: number, month: number, day: number): number {
  return shown(Date.UTC(year, month - 1, day));
}

/** The instant at which Dutch clocks show this; in the hour that is skipped, the hour after. */
function shown(wall: number): number {
  for (const hours of [2, 1]) {
    const instant = wall - hours * 3_600_000;
    const text = new Date(Math.floor(wall / 1000) * 1000).toISOString();
    const is = AMSTERDAM.format(instant);
    if (is === `${text.slice(0, 10)} ${text.slice(11, 19)}`) return instant;
  }
  return wall - 3_600_000;
}
