/**
 * Rules that look at one line (audit.md section 11): what makes each speak, and what silences it,
 * one condition at a time.
 */
import { describe, expect, it } from 'vitest';
import type { Access } from '../../src/insight/access.ts';
import { readAnomalyRules } from '../../src/insight/anomaly-rules.ts';
import { createDetectors } from '../../src/insight/detect.ts';
import { NOTHING_KNOWN, type Surroundings } from '../../src/insight/surroundings.ts';

const LOOK: Access = {
  ...{ seq: 1, at: new Date('2026-03-02T12:00:00+01:00'), user: 'nurse' },
  ...{ organisation: 'hospital', domain: 'ZKH', patient: 'p', kind: 'read', shown: 1 },
  ...{ emergency: false, refused: false, labels: [], ownData: false },
};

function told(more: Partial<Access>, known: Partial<Surroundings> = {}): string[] {
  const detectors = createDetectors(readAnomalyRules(), { ...NOTHING_KNOWN, ...known });
  return detectors.see({ ...LOOK, ...more }).map(({ rule }) => rule);
}

const stranger = { hasRelation: () => false };
const treating = { hasRelation: () => true };

describe('without a treatment relation (AN-01)', () => {
  it('is told when there is none, not when there is one or nobody can tell', () => {
    expect(told({}, stranger)).toEqual(['AN-01']);
    expect(told({}, treating)).toEqual([]);
    expect(told({})).toEqual([]);
  });

  it.each<[string, keyof Surroundings]>([
    ['AN-02', 'isWatched'],
    ['AN-04', 'sharesNameOrAddress'],
    ['AN-05', 'worksFor'],
  ])('%s is told beside it, and never alone', (rule, fact) => {
    expect(told({}, { ...stranger, [fact]: () => true })).toEqual(['AN-01', rule]);
    expect(told({}, { ...treating, [fact]: () => true })).toEqual([]);
    expect(told({}, { [fact]: () => true })).toEqual([]);
  });

  it('is no question where it was refused, or nobody was found', () => {
    expect(told({ refused: true, shown: 0 }, stranger)).toEqual([]);
    const { patient: _nobody, ...nobody } = LOOK;
    const detectors = createDetectors(readAnomalyRules(), { ...NOTHING_KNOWN, ...stranger });
    expect(detectors.see(nobody)).toEqual([]);
  });
});

describe('the own record (AN-03)', () => {
  it('is told whatever the relation, and is not called a namesake or a colleague', () => {
    const self = { isSamePerson: () => true, worksFor: () => true };
    const all = { ...self, ...treating, sharesNameOrAddress: () => true };
    expect(told({}, all)).toEqual(['AN-03', 'AN-01']);
  });
});

describe('outside the roster (AN-06)', () => {
  const roster = (from: number, to: number) => ({ rosterOf: () => ({ from, to }) });
  const at = (time: string, season = '2026-03-02', zone = '+01:00') => ({
    at: new Date(`${season}T${time}${zone}`),
  });
  const [eight, five] = [8 * 60, 17 * 60];

  it('begins at the minute of the roster and ends before its last', () => {
    expect(told(at('07:59:59'), roster(eight, five))).toEqual(['AN-06']);
    expect(told(at('08:00:00'), roster(eight, five))).toEqual([]);
    expect(told(at('16:59:59'), roster(eight, five))).toEqual([]);
    expect(told(at('17:00:00'), roster(eight, five))).toEqual(['AN-06']);
  });

  it('may go past midnight', () => {
    expect(told(at('16:59:59'), roster(five, eight))).toEqual(['AN-06']);
    expect(told(at('17:00:00'), roster(five, eight))).toEqual([]);
    expect(told(at('00:00:00'), roster(five, eight))).toEqual([]);
    expect(told(at('07:59:59'), roster(five, eight))).toEqual([]);
    expect(told(at('08:00:00'), roster(five, eight))).toEqual(['AN-06']);
  });

  it('goes by the clock of Amsterdam, in summer too', () => {
    expect(told(at('06:00:00', '2026-07-01', 'Z'), roster(eight, five))).toEqual([]);
    expect(told(at('05:59:59', '2026-07-01', 'Z'), roster(eight, five))).toEqual(['AN-06']);
  });

  it('knows a shift of a whole day, and says nothing without a roster', () => {
    expect(told(at('00:00:00'), roster(0, 24 * 60))).toEqual([]);
    expect(told(at('23:59:59'), roster(0, 24 * 60))).toEqual([]);
    expect(told(at('03:00:00'))).toEqual([]);
  });
});

describe('an emergency (AN-09)', () => {
  const visit = (answer: boolean | undefined) => ({ hadVisit: () => answer });

  it('is a question without a visit, not with one and not where nobody can tell', () => {
    expect(told({ emergency: true }, visit(false))).toEqual(['AN-09']);
    expect(told({ emergency: true }, visit(true))).toEqual([]);
    expect(told({ emergency: true }, visit(undefined))).toEqual([]);
    expect(told({ emergency: false }, visit(false))).toEqual([]);
    expect(told({ emergency: true, refused: true, shown: 0 }, visit(false))).toEqual([]);
  });

  it('asks for a visit within a day', () => {
    const asked: number[] = [];
    told({ emergency: true }, { hadVisit: (_who, _at, hours) => asked.push(hours) > 0 });
    expect(asked).toEqual([24]);
  });
});

describe('labelled data (AN-11)', () => {
  it('are told outside the kinds of care that they belong to', () => {
    expect(told({ labels: ['HIV'], domain: 'GGZ' })).toEqual(['AN-11']);
    expect(told({ labels: ['HIV'], domain: 'GGD' })).toEqual([]);
    expect(told({ labels: ['HIV', 'PSY'], domain: 'GGZ' })).toEqual(['AN-11']);
    expect(told({ labels: ['no-rule-for-it'], domain: 'GGZ' })).toEqual([]);
  });

  it('are told where the kind of care is not known, and not of own or refused data', () => {
    const { domain: _unknown, ...unknown } = LOOK;
    const detectors = createDetectors(readAnomalyRules(), NOTHING_KNOWN);
    expect(detectors.see({ ...unknown, labels: ['PSY'] })).toHaveLength(1);
    expect(told({ labels: ['HIV'], domain: 'GGZ', ownData: true })).toEqual([]);
    expect(told({ labels: ['HIV'], domain: 'GGZ', refused: true })).toEqual([]);
  });
});

describe('the log (AN-16)', () => {
  it('is told of a reader of lines about the own person, not of another’s', () => {
    expect(told({ kind: 'log', aboutUser: 'nurse' })).toEqual(['AN-16']);
    expect(told({ kind: 'log', aboutUser: 'another' })).toEqual([]);
    expect(told({ kind: 'log' })).toEqual([]);
  });
});
