import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  approximately,
  compareRanges,
  dateRange,
  type Prefix,
  rangeOf,
} from '../../src/conformance/search-date.ts';
import { amsterdamDate, amsterdamMs } from '../../src/conformance/search-local-time.ts';
import { bucketsOf, coverOf, reach } from '../../src/conformance/search-months.ts';
import { periodOfUse } from '../../src/conformance/search-period-of-use.ts';

const iso = (text: string) => {
  const range = dateRange(text);
  return range && [new Date(range.low).toISOString(), new Date(range.high).toISOString()];
};

describe('a date is the range it covers on Dutch clocks', () => {
  it.each([
    ['2026', '2025-12-31T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
    ['2026-03', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ['2026-01-15', '2026-01-14T23:00:00.000Z', '2026-01-15T23:00:00.000Z'],
    ['2026-07-15', '2026-07-14T22:00:00.000Z', '2026-07-15T22:00:00.000Z'],
    ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'], // a day of 23 hours
    ['2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'], // a day of 25 hours
    ['2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z', '2026-03-29T01:30:01.000Z'], // skipped
    ['2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z', '2026-10-25T00:30:01.000Z'], // the first
    ['2026-07-15T10:00', '2026-07-15T08:00:00.000Z', '2026-07-15T08:01:00.000Z'],
    ['2026-07-15T10:00:00+02:00', '2026-07-15T08:00:00.000Z', '2026-07-15T08:00:01.000Z'],
    ['2026-07-15T10:00:00 02:00', '2026-07-15T08:00:00.000Z', '2026-07-15T08:00:01.000Z'],
    ['2026-07-15T10:00:00.250Z', '2026-07-15T10:00:00.250Z', '2026-07-15T10:00:00.251Z'],
    ['1985-08-01', '1985-07-31T22:00:00.000Z', '1985-08-01T22:00:00.000Z'], // summer time then
    ['1976-08-01', '1976-07-31T23:00:00.000Z', '1976-08-01T23:00:00.000Z'], // none yet
  ])('%s', (text, low, high) => expect(iso(text)).toEqual([low, high]));

  it.each(['', 'today', '2026-13', '2026-02-30', '26-01-01', '2026-01-01T25:00', '2026-1-1'])(
    '"%s" is no date',
    (text) => expect(dateRange(text)).toBeUndefined(),
  );

  it('agrees with the time zone database at any hour since 1996', () => {
    const zone = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam' });
    const hour = fc.integer({ min: Date.UTC(1996, 0) / 3.6e6, max: Date.UTC(2090, 0) / 3.6e6 });
    fc.assert(
      fc.property(hour, (hours) => {
        const ms = hours * 3.6e6;
        const { year, month, day } = amsterdamDate(ms);
        const text = [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
        expect(text).toBe(zone.format(ms));
        expect(zone.format(amsterdamMs(year, month, day))).toBe(text);
      }),
    );
  });
});

describe('prefixes compare ranges', () => {
  const cases: [Prefix, string, string, boolean][] = [
    ['eq', '2026-03-10T12:00:00+01:00', '2026-03-10', true],
    ['eq', '2026-03', '2026-03-10', false],
    // Further digits than milliseconds count as well.
    ['eq', '2026-03-10T12:00:00.1234567Z', '2026-03-10T12:00:00.1234567Z', true],
    ['eq', '2026-03-10T13:00:00.1234567+01:00', '2026-03-10T12:00:00.123456Z', true],
    ['eq', '2026-03-10T12:00:00.1234567Z', '2026-03-10T12:00:00.123Z', true],
    ['eq', '2026-03-10T12:00:00.1234Z', '2026-03-10T12:00:00.12Z', false],
    ['eq', '2026-03-10T12:00:00.123Z', '2026-03-10T12:00:00.1234567Z', false],
    ['eq', '2026-03-10T12:00:00.1239Z', '2026-03-10T12:00:00.1231Z', false],
    ['ne', '2026-03-10T12:00:00.1239Z', '2026-03-10T12:00:00.1231Z', true],
    ['gt', '2026-03-10T12:00:00.1239Z', '2026-03-10T12:00:00.1231Z', true],
    ['lt', '2026-03-10T12:00:00.1239Z', '2026-03-10T12:00:00.1231Z', false],
    ['sa', '2026-03-10T12:00:00.123457Z', '2026-03-10T12:00:00.123456Z', true],
    ['eb', '2026-03-10T12:00:00.123456Z', '2026-03-10T12:00:00.123457Z', true],
    ['gt', '2026-03-10T12:00:00.123456Z', '2026-03-10T12:00:00.123456Z', false],
    ['le', '2026-03-10T12:00:00.99999999999999999999Z', '2026-03-10T12:00:00Z', true],
    ['eq', '2026-03-10T12:00:00.99999999999999999999Z', '2026-03-10T12:00:00Z', true],
    ['ne', '2026-03', '2026-03-10', true],
    ['ge', '2026-03-10', '2026-03-10', true],
    ['gt', '2026-03-10', '2026-03-10', false],
    ['gt', '2026-03', '2026-03-10', true],
    ['lt', '2026-03', '2026-03-10', true],
    ['le', '2026-03-10T23:59:59+01:00', '2026-03-10', true],
    ['le', '2026-03-11', '2026-03-10', false],
    ['sa', '2026-03-11', '2026-03-10', true],
    ['sa', '2026-03', '2026-03-10', false],
    ['eb', '2026-03-09', '2026-03-10', true],
    ['eb', '2026-03-10', '2026-03-10', false],
    ['ap', '2026-03', '2026-03-10', true],
  ];
  it.each(cases)('%s: %s against %s is %s', (prefix, stored, asked, expected) => {
    const [one, other] = [dateRange(stored), dateRange(asked)];
    expect(one && other && compareRanges(prefix, one, other)).toBe(expected);
  });

  it('lets a period that ends today last until today', () => {
    const stored = rangeOf({ start: '2026-03-01', end: '2026-03-10' });
    const today = dateRange('2026-03-10');
    expect(stored && today && compareRanges('ge', stored, today)).toBe(true);
  });

  it('leaves open what a period leaves open', () => {
    expect(rangeOf({ start: '2026' })?.high).toBe(Infinity);
    expect(rangeOf({ end: '2026' })?.low).toBe(-Infinity);
    expect(rangeOf({})).toBeUndefined();
  });

  it('takes a Timing by its outer bounds', () => {
    const range = rangeOf({ event: ['2026-03-01', '2026-03-05'] });
    expect(range && amsterdamDate(range.low)).toEqual({ year: 2026, month: 3, day: 1 });
    expect(range && amsterdamDate(range.high)).toEqual({ year: 2026, month: 3, day: 6 });
  });

  it('widens "approximately" by a tenth of the distance from now', () => {
    const asked = { low: 1000, high: 2000 };
    expect(approximately(asked, new Date(12_000))).toEqual({ low: 0, high: 3000 });
  });
});

describe('a period of use is completed with its duration', () => {
  const url = 'http://nictiz.nl/fhir/StructureDefinition/ext-TimeInterval.Duration';
  const duration = (value: number, code: string) => [{ url, valueDuration: { value, code } }];
  it.each([
    [{ start: '2026-03-25', extension: duration(1, 'wk') }, '2026-03-25', '2026-04-01'],
    [{ end: '2026-03-31', extension: duration(7, 'd') }, '2026-03-25', '2026-04-01'],
    [{ start: '2026-01-31', extension: duration(2, 'mo') }, '2026-01-31', '2026-03-31'],
    [
      { start: '2026-01-01', end: '2026-01-02', extension: duration(1, 'a') },
      '2026-01-01',
      '2026-01-03',
    ],
  ])('%j', (period, from, until) => {
    const range = periodOfUse(period);
    expect(range?.low).toBe(dateRange(from)?.low);
    expect(range?.high).toBe(dateRange(until)?.low);
  });

  it('stays open without a duration that can be read', () => {
    expect(periodOfUse({ start: '2026-03-25', extension: duration(1, 'parsec') })?.high).toBe(
      Infinity,
    );
  });
});

describe('buckets of time', () => {
  it('cover a range with few', () => {
    const range = { low: dateRange('2024-11')?.low ?? 0, high: Infinity };
    const cover = coverOf(range);
    expect(cover.slice(0, 9)).toEqual([
      'long',
      'after',
      '2024-11',
      '2024-12',
      '2025',
      '2026',
      '2027',
      '2028',
      '2029',
    ]);
    expect(cover).toContain('203x');
    expect(cover.length).toBeLessThan(30);
  });

  const day = fc.integer({ min: -30_000, max: 100_000 }).map((days) => days * 86_400_000);
  const range = fc.tuple(day, fc.integer({ min: 1, max: 900 })).map(([low, days]) => ({
    low,
    high: low + days * 40_000_000,
  }));
  const prefix = fc.constantFrom<Prefix>('eq', 'ge', 'gt', 'le', 'lt', 'sa', 'eb', 'ap');

  it('never miss what a prefix finds', () => {
    fc.assert(
      fc.property(range, range, prefix, (stored, asked, how) => {
        if (!compareRanges(how, stored, asked)) return;
        const cover = new Set(coverOf(reach(how, asked) ?? { low: -Infinity, high: Infinity }));
        expect(bucketsOf(stored).some((bucket) => cover.has(bucket))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
