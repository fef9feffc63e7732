/**
 * Where the rules that count begin and end (audit.md section 11): one below the threshold says
 * nothing, at the threshold it is told, and what lies outside the window does not count. The
 * figures are those of the shipped rules, so that a changed figure is seen here too.
 */
import { describe, expect, it } from 'vitest';
import type { Access } from '../../src/insight/access.ts';
import { readAnomalyRules } from '../../src/insight/anomaly-rules.ts';
import { createDetectors, type Flag } from '../../src/insight/detect.ts';
import { NOTHING_KNOWN } from '../../src/insight/surroundings.ts';

const rules = readAnomalyRules();
const START = Date.parse('2026-03-02T09:00:00+01:00');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let seq = 0;
/** One look of one user, so many milliseconds after the start. */
function look(ms: number, more: Partial<Access> = {}): Access {
  seq += 1;
  return {
    ...{ seq, at: new Date(START + ms), user: 'user', organisation: 'hospital', patient: 'p' },
    ...{ kind: 'read', emergency: false, refused: false, shown: 1, labels: [], ownData: false },
    ...more,
  };
}

const many = (count: number, one: (nth: number) => Access): Access[] =>
  Array.from({ length: count }, (_none, nth) => one(nth));

function raised(...accesses: readonly Access[][]): Flag[] {
  const detectors = createDetectors(rules, NOTHING_KNOWN);
  return accesses.flat().flatMap((one) => [...detectors.see(one)]);
}

const told = (...accesses: readonly Access[][]) =>
  raised(...accesses).map(({ rule, why }) => ({ rule, ...why }));

describe('AN-07, many patients in an hour', () => {
  const patients = (count: number, from = 0) =>
    many(count, (nth) => look(from + nth * SECOND, { patient: `p-${from}-${nth}` }));

  it('says nothing of 25, and tells the 26th', () => {
    expect(told(patients(25))).toEqual([]);
    expect(told(patients(26))).toEqual([{ rule: 'AN-07', patients: 26, limit: 25 }]);
  });

  it('counts a patient once, and those of the last hour only', () => {
    expect(told(patients(25), [look(MINUTE, { patient: 'p-0-3' })])).toEqual([]);
    const last = (ms: number) => [look(ms, { patient: 'another' })];
    expect(told(patients(25), last(HOUR - 1))).toHaveLength(1);
    expect(told(patients(25), last(HOUR))).toEqual([]);
  });

  /** An hour of each peer, with 30 and 20 patients in turn; a later look closes it. */
  const peers = (count: number) =>
    Array.from({ length: count }, (_none, peer) => [
      ...many(peer % 2 === 0 ? 30 : 20, (nth) =>
        look(nth * SECOND, { user: `peer-${peer}`, patient: `q-${peer}-${nth}` }),
      ),
      look(HOUR, { user: `peer-${peer}`, patient: 'later' }),
    ]).flat();
  const ofUser = (flags: readonly Flag[]) => flags.filter(({ access }) => access.user === 'user');

  it('goes by the mean and four deviations of at least eight peers', () => {
    // Eight peers: mean 25, deviation 5, so 45 is usual and 46 is not.
    const from = 3 * HOUR;
    expect(ofUser(raised(peers(8), patients(45, from)))).toEqual([]);
    expect(ofUser(raised(peers(8), patients(46, from)))).toMatchObject([
      { rule: 'AN-07', why: { patients: 46, limit: 45 } },
    ]);
    // Seven say nothing about what is usual: then the floor holds.
    expect(ofUser(raised(peers(7), patients(26, from)))).toMatchObject([
      { rule: 'AN-07', why: { patients: 26, limit: 25 } },
    ]);
  });

  it('does not count what was refused', () => {
    expect(told(patients(26).map((one) => ({ ...one, refused: true })))).toEqual([]);
  });
});

describe('AN-08, numbers tried in their order', () => {
  const tries = (count: number, stepMs: number) =>
    many(count, (nth) => {
      const asked = { neighbourhood: 'n', number: String(nth), kind: 'search', shown: 0 } as const;
      const { patient: _nobody, ...one } = look(nth * stepMs, asked);
      return one;
    });

  it('says nothing of nine, and tells the tenth', () => {
    expect(told(tries(9, SECOND))).toEqual([]);
    expect(told(tries(10, SECOND))).toEqual([{ rule: 'AN-08', numbers: 10 }]);
  });

  it('counts those of the last five minutes, each number once, of one neighbourhood', () => {
    const [first, ...rest] = tries(10, SECOND) as [Access, ...Access[]];
    const tenth = (ms: number) => [{ ...(rest.at(-1) as Access), at: new Date(START + ms) }];
    const nine = [first, ...rest.slice(0, -1)];
    expect(told(nine, tenth(5 * MINUTE - 1))).toEqual([{ rule: 'AN-08', numbers: 10 }]);
    expect(told(nine, tenth(5 * MINUTE))).toEqual([]);
    expect(told(nine, [{ ...first, at: new Date(START + MINUTE) }])).toEqual([]);
    const elsewhere = { ...(rest.at(-1) as Access), neighbourhood: 'other' };
    expect(told(nine, [elsewhere])).toEqual([]);
  });
});

describe('AN-09, emergencies as a habit', () => {
  /** The emergencies come last: the share is asked when one is used. */
  const uses = (usual: number, urgent: number) =>
    many(usual + urgent, (nth) => look(nth * MINUTE, { emergency: nth >= usual }));

  it('needs more than one in twenty, of at least twenty uses', () => {
    expect(told(uses(19, 1))).toEqual([]);
    expect(told(uses(18, 2))).toEqual([{ rule: 'AN-09', emergencies: 2, accesses: 20 }]);
    // Two of nineteen is a larger share, of too few.
    expect(told(uses(17, 2))).toEqual([]);
    expect(told(uses(38, 2))).toEqual([]);
    expect(told(uses(37, 2))).toEqual([{ rule: 'AN-09', emergencies: 2, accesses: 39 }]);
  });

  it('counts the last thirty days', () => {
    const first = [look(0, { emergency: true })];
    const rest = many(18, (nth) => look(MINUTE + nth * MINUTE));
    const last = (ms: number) => [look(ms, { emergency: true })];
    expect(told(first, rest, last(30 * DAY - 1))).toHaveLength(1);
    expect(told(first, rest, last(30 * DAY))).toEqual([]);
  });

  it('does not count what was refused, nor looks at the log', () => {
    const last = (more: Partial<Access>) => [look(HOUR, { emergency: true, ...more })];
    expect(told(uses(18, 1), last({}))).toHaveLength(1);
    expect(told(uses(18, 1), last({ refused: true, shown: 0 }))).toEqual([]);
    expect(told(uses(18, 1), last({ kind: 'log' }))).toEqual([]);
  });

  it('is told again after a day', () => {
    const again = (ms: number) => [look(ms, { emergency: true })];
    expect(told(uses(18, 2), again(DAY + 18 * MINUTE))).toHaveLength(1);
    expect(told(uses(18, 2), again(DAY + 19 * MINUTE))).toHaveLength(2);
  });
});

describe('AN-10, searching without opening', () => {
  const searches = (count: number) =>
    many(count, (nth) => look(nth * SECOND, { kind: 'search', shown: 0 }));

  it('says nothing of nineteen, and tells the twentieth', () => {
    expect(told(searches(19))).toEqual([]);
    expect(told(searches(20))).toEqual([{ rule: 'AN-10', searches: 20 }]);
  });

  it('counts those of the last hour', () => {
    const last = (ms: number) => [look(ms, { kind: 'search', shown: 0 })];
    expect(told(searches(19), last(HOUR - 1))).toHaveLength(1);
    expect(told(searches(19), last(HOUR))).toEqual([]);
  });

  it('begins again when a record is opened, not when it was refused or a log was read', () => {
    const then = (more: Partial<Access>) => [look(MINUTE, more)];
    const last = [look(2 * MINUTE, { kind: 'search', shown: 0 })];
    expect(told(searches(19), then({}), last)).toEqual([]);
    expect(told(searches(19), then({ refused: true, shown: 0 }), last)).toHaveLength(1);
    expect(told(searches(19), then({ kind: 'log' }), last)).toHaveLength(1);
  });
});

describe('AN-12, two places', () => {
  const there = (ms: number, more: Partial<Access> = {}) => [
    look(0),
    look(ms, { organisation: 'elsewhere', ...more }),
  ];

  it('is told below half an hour, and not from there', () => {
    expect(told(there(30 * MINUTE - 1))).toEqual([{ rule: 'AN-12', minutes: 29 }]);
    expect(told(there(30 * MINUTE))).toEqual([]);
  });

  it('needs two organisations and one user', () => {
    expect(told(there(MINUTE, { organisation: 'hospital' }))).toEqual([]);
    expect(told(there(MINUTE, { user: 'another' }))).toEqual([]);
  });
});

describe('AN-13, the first use after a long silence', () => {
  it('is told after more than sixty days', () => {
    expect(told([look(0), look(60 * DAY)])).toEqual([]);
    expect(told([look(0), look(60 * DAY + 1)])).toEqual([{ rule: 'AN-13', days: 60 }]);
  });
});

describe('AN-14, refused and tried again', () => {
  const refusals = (count: number, patient = 'p') =>
    many(count, (nth) => look(nth * SECOND, { refused: true, shown: 0, patient }));

  it('says nothing of four, and tells the fifth', () => {
    expect(told(refusals(4))).toEqual([]);
    expect(told(refusals(5))).toEqual([{ rule: 'AN-14', refusals: 5 }]);
  });

  it('counts those of one day, for one patient', () => {
    const last = (ms: number, patient = 'p') => [look(ms, { refused: true, shown: 0, patient })];
    expect(told(refusals(4), last(DAY - 1))).toHaveLength(1);
    expect(told(refusals(4), last(DAY))).toEqual([]);
    expect(told(refusals(4), last(MINUTE, 'another'))).toEqual([]);
    expect(told(refusals(4), [look(MINUTE)])).toEqual([]);
  });

  it('is told for each patient, and again a day later', () => {
    expect(told(refusals(5), refusals(5, 'another'))).toHaveLength(2);
    const later = (ms: number) =>
      refusals(5).map((one) => ({ ...one, at: new Date(+one.at + ms) }));
    expect(told(refusals(5), later(DAY - SECOND))).toHaveLength(1);
    expect(told(refusals(5), later(DAY))).toHaveLength(2);
  });
});

describe('AN-15, much of one patient at once', () => {
  it('says nothing of fifty, and tells what goes beyond', () => {
    expect(told([look(0, { shown: 50 })])).toEqual([]);
    expect(told([look(0, { shown: 50 }), look(SECOND)])).toEqual([{ rule: 'AN-15', objects: 51 }]);
    expect(told([look(0, { shown: 51, kind: 'export' })])).toHaveLength(1);
  });

  it('counts what was taken in ten minutes, of one patient, not what a search shows', () => {
    const first = [look(0, { shown: 50 })];
    expect(told(first, [look(10 * MINUTE - 1)])).toHaveLength(1);
    expect(told(first, [look(10 * MINUTE)])).toEqual([]);
    expect(told(first, [look(SECOND, { patient: 'another' })])).toEqual([]);
    expect(told(first, [look(SECOND, { kind: 'search' })])).toEqual([]);
  });
});

describe('a line that names nobody', () => {
  it('is counted for no patient', () => {
    const nobody = (more: Partial<Access>) =>
      many(60, (nth) => {
        const { patient: _nobody, ...one } = look(nth * SECOND, more);
        return one;
      });
    expect(told(nobody({}))).toEqual([]);
    expect(told(nobody({ refused: true, shown: 0 }))).toEqual([]);
    expect(told(nobody({ kind: 'export' }))).toEqual([]);
  });
});
