/** That a person is known somewhere is itself health data. consent.md 7.4. */
import { describe, expect, it } from 'vitest';
import { type Asked, asks, resource, shown } from './case-words.ts';

const GP = asks('linde', 'ziekenhuis', { resources: [resource('Patient/p1')] });
const LABELLED = { ...GP, resources: [resource('Patient/p1 R PSY')] };
const inNeed = (emergency: object): Asked =>
  asks('post', 'linde', {
    purpose: 'ETREAT',
    resources: [resource('Patient/p1')],
    emergency: { level: 'urgent', reasonCode: 'X', reasonText: 'Niet aanspreekbaar', ...emergency },
  });
const URGENT = inNeed({});
const VITAL = inNeed({ level: 'vital', patientIncapable: true });

describe('the person', () => {
  it.each<readonly [string, readonly string[], Asked, string]>([
    ['is not known where nothing is on record', [], GP, '-'],
    ['is known where all is permitted', ['+ZKH > HA'], GP, 'p1'],
    ['is known where a type is', ['+ZKH > HA [type Condition]'], GP, 'p1'],
    ['is known where a code is', ['+ZKH > HA [code urn:x|1]'], GP, 'p1'],
    ['is known where results are', ['+ZKH > HA [ggc GGC012]'], GP, 'p1'],
    ['is known where a label is', ['+ZKH > HA [label PSY]'], GP, 'p1'],
    ['is known where an author is', ['+ZKH > HA [author d1]'], GP, 'p1'],
    ['is known where a period is', ['+ZKH > HA [dataPeriod 2026-01-01 2026-02-01]'], GP, 'p1'],
    ['is known where an episode is', ['+ZKH > HA within EpisodeOfCare/e1'], GP, 'p1'],
    ['is known where one item is', ['-ZKH > HA', '+ZKH > HA [instance Flag/f1]'], GP, 'p1'],
    ['is not known to others', ['+ZKH > APO'], GP, '-'],
    ['is not known at others', ['+HA > HA'], GP, '-'],
    ['is not known where all is refused', ['-ZKH > HA'], GP, '-'],
    ['is not known where the practice is', ['+ZKH > HA', '-ziekenhuis > linde'], GP, '-'],
    [
      'is not known where all that is permitted is',
      ['+ZKH > HA [type Flag]', '-ZKH > linde [type Flag]'],
      GP,
      '-',
    ],
    ['is known where a part is refused', ['+ZKH > HA', '-ZKH > HA [type Condition]'], GP, 'p1'],
    ['is known where all but results is', ['+ZKH > HA [ggc GGC012]', '-ZKH > HA'], GP, 'p1'],
    ['is kept apart by the own name', ['+ZKH > HA', '-ZKH > HA [instance Patient/p1]'], GP, '-'],
    ['is kept apart by the own type', ['+ZKH > HA', '-ZKH > HA [type Patient]'], GP, '-'],
    ['is not known where a label says so', ['+ZKH > HA'], LABELLED, '-'],
    ['is known where the label is opened', ['+ZKH > HA [label PSY]'], LABELLED, 'p1'],
    [
      'is known by a referral',
      ['+ziekenhuis > linde within Task/t1 as implicit'],
      { ...GP, referral: 'Task/t1' },
      'p1',
    ],
    [
      'is not known by that of another',
      ['+ziekenhuis > linde within Task/t1 as implicit'],
      { ...GP, referral: 'Task/t2' },
      '-',
    ],
  ])('%s', (_, rules, asked, shows) => {
    expect(shown(rules, asked)).toBe(shows);
  });

  it.each<readonly [string, readonly string[], Asked, string]>([
    ['is known where nothing is on record', [], URGENT, 'p1'],
    ['is not where all is refused', ['-HA > HA'], URGENT, '-'],
    ['is not where all of the subset is', ['-HA > HA [ggc GGC002]'], URGENT, '-'],
    ['is where only results are', ['-HA > HA [ggc GGC012]'], URGENT, 'p1'],
    ['is when life depends on it', ['-HA > HA'], VITAL, 'p1'],
    ['is not where emergencies are refused', ['-HA > HA {ETREAT}'], VITAL, '-'],
  ])('in an emergency %s', (_, rules, asked, shows) => {
    expect(shown(rules, asked)).toBe(shows);
  });
});
