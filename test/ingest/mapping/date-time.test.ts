/** source-formats.md 2.2: precision is kept, the wall clock is the sender's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hl7Time } from '../../../src/ingest/mapping/date-time.ts';

const ZONE = 'Europe/Amsterdam';
const value = (text: string, zone = ZONE) => {
  const time = hl7Time(text, zone);
  return typeof time === 'string' ? time : time.value;
};

describe('an HL7 time', () => {
  it.each([
    ['2020', '2020'],
    ['202006', '2020-06'],
    ['20200602', '2020-06-02'],
    ['2020060214', '2020-06-02T14:00:00+02:00'],
    ['202006021405', '2020-06-02T14:05:00+02:00'],
    ['20201202140559', '2020-12-02T14:05:59+01:00'],
    ['20201202140559.1234', '2020-12-02T14:05:59.1234+01:00'],
    ['20201202140559.5+0200', '2020-12-02T14:05:59.5+02:00'],
    ['202012021405-0330', '2020-12-02T14:05:00-03:30'],
    ['20240229', '2024-02-29'],
    ['20201231235959', '2020-12-31T23:59:59+01:00'],
  ])('%s is %s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it('in the hour that comes twice in autumn is the first, and says so', () => {
    expect(hl7Time('20251026023000', ZONE)).toEqual({
      value: '2025-10-26T02:30:00+02:00',
      type: 'dateTime',
      note: 'twice',
    });
    expect(value('20251026033000')).toBe('2025-10-26T03:30:00+01:00');
  });

  it('of long ago keeps its wall clock; the offset is what the zone data of the day say', () => {
    expect(value('193007011200')).toMatch(/^1930-07-01T12:00:00\+0[01]:\d\d$/);
  });

  it('in the gap of spring is no time', () => {
    expect(value('20250330023000')).toBe('skipped-by-clock');
    expect(value('20250330033000')).toBe('2025-03-30T03:30:00+02:00');
  });

  it.each([
    '',
    '""',
    '20',
    '20201',
    '20201301',
    '20230229',
    '2020060224',
    '202006021460',
    'Aug 15, 1942',
    '00000101',
    '2020060214+9900',
  ])('%j is none', (text) => expect(value(text)).toBe('not-a-time'));

  it('names the instant that the wall clock of the zone shows', () => {
    const from = new Date('1975-01-01T00:00:00Z');
    const to = new Date('2049-12-31T00:00:00Z');
    const wall = new Intl.DateTimeFormat('sv-SE', {
      timeZone: ZONE,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    fc.assert(
      fc.property(fc.date({ min: from, max: to, noInvalidDate: true }), (date) => {
        const shown = wall.format(date);
        const written = value(shown.replace(/\D/g, ''));
        expect(wall.format(new Date(written))).toBe(shown);
      }),
      { numRuns: 300 },
    );
  });
});
