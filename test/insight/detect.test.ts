/** Detectors (audit.md section 11): planted patterns are found, honest look-alikes are not. */
import { describe, expect, it } from 'vitest';
import type { Access } from '../../src/insight/access.ts';
import { readAnomalyRules } from '../../src/insight/anomaly-rules.ts';
import { casesOf } from '../../src/insight/cases.ts';
import { createDetectors } from '../../src/insight/detect.ts';
import { NOTHING_KNOWN, type Surroundings } from '../../src/insight/surroundings.ts';

const rules = readAnomalyRules();
const START = Date.parse('2026-03-02T09:00:00+01:00');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let seq = 0;
function access(minutes: number, user: string, patient: string | undefined, more = {}): Access {
  seq += 1;
  return {
    seq,
    at: new Date(START + minutes * MINUTE),
    user,
    organisation: 'hospital',
    domain: 'ZKH',
    ...(patient === undefined ? {} : { patient }),
    kind: 'read',
    emergency: false,
    refused: false,
    shown: 1,
    labels: [],
    ownData: false,
    ...more,
  };
}

const treats =
  (...pairs: readonly string[]): Surroundings['hasRelation'] =>
  ({ user, patient }) =>
    pairs.includes(`${user}>${patient}`);

function raised(accesses: readonly Access[], known: Partial<Surroundings> = {}) {
  const detectors = createDetectors(rules, { ...NOTHING_KNOWN, ...known });
  const inOrder = accesses.toSorted((a, b) => a.at.getTime() - b.at.getTime());
  return inOrder.flatMap((one) => [...detectors.see(one)]);
}

const ruleIds = (flags: ReturnType<typeof raised>) =>
  [...new Set(flags.map(({ rule }) => rule))].sort();

describe('a planted pattern', () => {
  it('379 look-ups by one clerk on one family are one case', () => {
    const family = ['father', 'mother', 'child'];
    const looks = Array.from({ length: 379 }, (_none, at) =>
      access(at * 3_000, 'clerk', family[at % 3]),
    );
    const flags = raised(looks, { hasRelation: () => false });
    const cases = casesOf(flags);
    expect(cases).toHaveLength(1);
    expect(cases[0]).toMatchObject({ about: 'user', subject: 'clerk', holder: 'hospital' });
    expect(flags.filter(({ rule }) => rule === 'AN-01')).toHaveLength(379);
  });

  it('85 members of staff on one well-known person are one case, about that person', () => {
    const looks = Array.from({ length: 85 }, (_none, at) =>
      access(at * 7, `staff-${at}`, 'famous'),
    );
    const treating = Array.from({ length: 4 }, (_none, at) =>
      access(at * 9, `team-${at}`, 'famous'),
    );
    const flags = raised([...looks, ...treating], {
      hasRelation: ({ user }) => user.startsWith('team-'),
      isWatched: (patient) => patient === 'famous',
    });
    const [first, ...rest] = casesOf(flags);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ about: 'patient', subject: 'famous' });
    const users = new Set(first?.flags.map(({ access: one }) => one.user));
    expect(users.size).toBe(85);
    expect([...users].some((user) => user.startsWith('team-'))).toBe(false);
  });

  it('a colleague whom one does not treat', () => {
    const flags = raised([access(0, 'nurse', 'colleague')], {
      hasRelation: () => false,
      worksFor: (patient, organisation) => patient === 'colleague' && organisation === 'hospital',
    });
    expect(ruleIds(flags)).toEqual(['AN-01', 'AN-05']);
    expect(casesOf(flags)).toHaveLength(1);
  });

  it('search and peek: many searches that open nobody', () => {
    const searches = Array.from({ length: 24 }, (_none, at) =>
      access(at * 2, 'peeker', undefined, { kind: 'search', shown: 0 }),
    );
    const flags = raised(searches);
    expect(ruleIds(flags)).toEqual(['AN-10']);
    expect(casesOf(flags)[0]).toMatchObject({ subject: 'peeker' });
  });

  it('numbers tried in their order', () => {
    const walk = Array.from({ length: 12 }, (_none, at) =>
      access(at / 15, 'walker', undefined, {
        kind: 'search',
        shown: 0,
        neighbourhood: '9999000',
        number: String(at),
      }),
    );
    expect(ruleIds(raised(walk))).toEqual(['AN-08']);
  });

  it('a log reader who looks at own lines', () => {
    const look = access(0, 'fg', undefined, { kind: 'log', aboutUser: 'fg' });
    expect(ruleIds(raised([look]))).toEqual(['AN-16']);
  });

  it('one user in two organisations within minutes', () => {
    const flags = raised([
      access(0, 'doc', 'p', { organisation: 'here' }),
      access(10, 'doc', 'p', { organisation: 'there' }),
    ]);
    expect(ruleIds(flags)).toEqual(['AN-12']);
  });

  it('an account that comes to life after two silent months', () => {
    const flags = raised([access(0, 'doc', 'p'), access((61 * DAY) / MINUTE, 'doc', 'p')]);
    expect(ruleIds(flags)).toEqual(['AN-13']);
  });

  it('many more patients in an hour than all peers', () => {
    const usual = Array.from({ length: 10 }, (_none, user) =>
      Array.from({ length: 40 }, (_empty, at) =>
        access(at * 30 + user, `peer-${user}`, `p-${user}-${at}`, { role: '01.015' }),
      ),
    ).flat();
    const greedy = Array.from({ length: 40 }, (_none, at) =>
      access(1_300 + at, 'greedy', `g-${at}`, { role: '01.015' }),
    );
    const flags = raised([...usual, ...greedy]);
    expect(ruleIds(flags)).toEqual(['AN-07']);
    expect(flags.every((flag) => flag.access.user === 'greedy')).toBe(true);
  });
});

describe('an honest look-alike', () => {
  it('a ward round: many patients in an hour, all of them treated', () => {
    const round = Array.from({ length: 24 }, (_none, at) => access(at * 2, 'doc', `bed-${at}`));
    expect(raised(round, { hasRelation: () => true })).toEqual([]);
  });

  it('a name that is shared with a patient of one’s own', () => {
    const flags = raised([access(0, 'asst', 'p')], {
      hasRelation: treats('asst>p'),
      sharesNameOrAddress: () => true,
    });
    expect(flags).toEqual([]);
  });

  it('a night shift', () => {
    const night = access(18 * 60, 'hap', 'p');
    const known = { rosterOf: () => ({ from: 17 * 60, to: 8 * 60 }), hasRelation: () => true };
    expect(raised([night], known)).toEqual([]);
  });

  it('an emergency with a visit an hour later', () => {
    const flags = raised([access(0, 'seh', 'p', { emergency: true })], {
      hasRelation: () => true,
      hadVisit: () => true,
    });
    expect(flags).toEqual([]);
  });

  it('the team of a well-known person', () => {
    const looks = Array.from({ length: 30 }, (_none, at) => access(at, `team-${at % 6}`, 'famous'));
    expect(raised(looks, { hasRelation: () => true, isWatched: () => true })).toEqual([]);
  });

  it('a reception desk that searches and opens', () => {
    const desk = Array.from({ length: 48 }, (_none, at) =>
      at % 2 === 0
        ? access(at, 'desk', undefined, { kind: 'search', shown: 0 })
        : access(at, 'desk', `p-${at}`),
    );
    expect(raised(desk, { hasRelation: () => true })).toEqual([]);
  });

  it('where nobody can tell whether there was a relation, nothing is claimed', () => {
    expect(raised([access(0, 'doc', 'p')], { isWatched: () => true })).toEqual([]);
  });
});

describe('flags', () => {
  it('of a pattern come once, however long it goes on', () => {
    const searches = Array.from({ length: 50 }, (_none, at) =>
      access(at, 'peeker', undefined, { kind: 'search', shown: 0 }),
    );
    expect(raised(searches)).toHaveLength(1);
  });

  it('explain themselves in numbers only', () => {
    const denials = Array.from({ length: 5 }, (_none, at) =>
      access(at, 'doc', 'p', { refused: true, shown: 0 }),
    );
    const [flag] = raised(denials);
    expect(flag).toMatchObject({ rule: 'AN-14', why: { refusals: 5 } });
  });

  it('stay at a few for a hundred thousand ordinary lines', () => {
    const lines = Array.from({ length: 100_000 }, (_none, at) =>
      access(at * 3, `staff-${(at * 7) % 300}`, `p-${(at * 13) % 9_000}`, { role: '01.015' }),
    );
    expect(raised(lines, { hasRelation: () => true }).length).toBeLessThanOrEqual(20);
  });
});
