/**
 * HL7 time stamps (v2 DTM and v3 TS are written alike) to FHIR, source-formats.md 2.2: precision is
 * kept, a time without offset is the sender's wall clock, and FHIR wants seconds and an offset as
 * soon as there is a time.
 */

export interface FhirTime {
  readonly value: string;
  readonly type: 'date' | 'dateTime';
  /** `twice`: an hour that the clock shows two times in autumn, the first was taken. */
  readonly note?: 'twice';
}

/** Why a text is no time: it is not written as one, or the clock skipped it in spring. */
export type NoTime = 'not-a-time' | 'skipped-by-clock';

const STAMP =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,9})?)?)?)?)?)?([+-]\d{4})?$/;

/** As ISO 8601 writes it, with signs between: not of HL7, and not to be misread either. */
const WITH_SIGNS =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::([\d.]{2,12}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

function withoutSigns(text: string): string {
  const [, ...parts] = WITH_SIGNS.exec(text) ?? [];
  if (parts.length === 0) return text;
  const offset = parts.pop()?.replace(':', '').replace('Z', '+0000') ?? '';
  return `${parts.join('')}${offset}`;
}

/** One message says the same time in every result: what was read is kept for a while. */
const read = new Map<string, Map<string, FhirTime | NoTime>>();
const TIMES_KEPT_MAX = 5_000;
/** The longest stamp there is; what is longer is not kept. */
const STAMP_LENGTH_MAX = 29;

export function hl7Time(text: string, zone: string): FhirTime | NoTime {
  let times = read.get(zone);
  const known = times?.get(text);
  if (known !== undefined) return known;
  const time = timeOf(text, zone);
  if (text.length > STAMP_LENGTH_MAX) return time;
  if (times === undefined || times.size >= TIMES_KEPT_MAX) {
    times = new Map();
    read.set(zone, times);
  }
  times.set(text, time);
  return time;
}

function timeOf(text: string, zone: string): FhirTime | NoTime {
  const match = STAMP.exec(withoutSigns(text.trim()));
  if (!match) return 'not-a-time';
  const [, year = '', month, day, hour, minute = '00', second = '00', fraction = '', given] = match;
  if (year === '0000') return 'not-a-time';
  if (month === undefined) return { value: year, type: 'date' };
  if (!(month >= '01' && month <= '12')) return 'not-a-time';
  if (day === undefined) return { value: `${year}-${month}`, type: 'date' };
  if (!isDay(year, month, day)) return 'not-a-time';
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return { value: date, type: 'date' };
  if (hour > '23' || minute > '59' || second > '59') return 'not-a-time';
  const wall = `${date}T${hour}:${minute}:${second}${fraction}`;
  if (given !== undefined) {
    if (given.slice(1, 3) > '14' || given.slice(3) > '59') return 'not-a-time';
    return { value: `${wall}${given.slice(0, 3)}:${given.slice(3)}`, type: 'dateTime' };
  }
  const found = offsetsAt(`${date}T${hour}:${minute}:${second}`, zone);
  const [first] = found;
  if (first === undefined) return 'skipped-by-clock';
  const value = `${wall}${offsetText(first)}`;
  return found.length > 1
    ? { value, type: 'dateTime', note: 'twice' }
    : { value, type: 'dateTime' };
}

function isDay(year: string, month: string, day: string): boolean {
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day);
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}:${String(size % 60).padStart(2, '0')}`;
}

const HALF_DAY = 12 * 3_600_000;

/** Offsets in minutes that this wall clock can mean, the earlier instant first; none in a gap. */
function offsetsAt(wall: string, zone: string): number[] {
  const asUtc = Date.parse(`${wall}Z`);
  const candidates = new Set([
    offsetMinutes(asUtc - HALF_DAY * 2, zone),
    offsetMinutes(asUtc + HALF_DAY * 2, zone),
  ]);
  return [...candidates]
    .filter((offset) => offsetMinutes(asUtc - offset * 60_000, zone) === offset)
    .sort((a, b) => b - a);
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
/** Offsets are looked up by the hour; a store of this many hours is some 1 MB. */
const OFFSETS_KEPT_MAX = 10_000;

/** Seconds of old local times (Amsterdam before 1937) round to the minute that FHIR can write. */
function offsetMinutes(instant: number, zone: string): number {
  const key = `${zone}|${Math.floor(instant / 3_600_000)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formatters.set(zone, formatter);
  }
  const name = formatter.formatToParts(instant).find((part) => part.type === 'timeZoneName');
  const match = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name?.value ?? '');
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const size = Number(hours) * 60 + Number(minutes) + Math.round(Number(seconds) / 60);
  const offset = sign === '-' ? -size : size;
  if (offsets.size >= OFFSETS_KEPT_MAX) offsets.clear();
  offsets.set(key, offset);
  return offset;
}
