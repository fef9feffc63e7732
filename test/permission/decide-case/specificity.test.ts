/** Which choice decides: who, what and when it is about, newest per scope, most specific. 5.2. */
import { describe, expect, it } from 'vitest';
import { type Asked, answer, asks, NOW, resource, shown } from './case-words.ts';

const GP = asks('linde', 'ziekenhuis');
const DOCTOR = { ...GP, practitioner: 'd1' };
const LAB = resource('Observation/l1', { ggc: 'GGC012', codes: ['http://loinc.org|4548-4'] });
const BOTH = { ...GP, resources: [resource('Condition/c1'), LAB] };
const EPISODE = resource('Condition/c1', { episode: 'EpisodeOfCare/e1' });
const coded = (code: string) => ({
  ...GP,
  resources: [resource('Condition/c1', { codes: [code] })],
});
const dated = (date?: string) => ({
  ...GP,
  resources: [resource('Condition/c1', date ? { date } : {})],
});

type Row = readonly [what: string, rules: readonly string[], asked: Asked, shows: string];
const decide = (_: string, rules: readonly string[], asked: Asked, shows: string) => {
  expect(shown(rules, asked)).toBe(shows);
};

describe('a choice is about', () => {
  it.each<Row>([
    ['nothing when there is none', [], GP, '-'],
    ['holders of its category', ['+ZKH > HA'], GP, 'c1'],
    ['no other holder', ['+HA > HA'], GP, '-'],
    ['no other recipient', ['+ZKH > HA'], asks('apotheek', 'ziekenhuis'), '-'],
    ['any holder', ['+any > HA'], GP, 'c1'],
    ['any recipient', ['+ZKH > any'], GP, 'c1'],
    ['a laboratory that asks, as hospitals do', ['+ZKH > ZKH'], asks('lab', 'ziekenhuis'), 'c1'],
    ['a laboratory that holds, as itself', ['+ZKH > HA'], asks('linde', 'lab'), '-'],
    ['one professional', ['+ziekenhuis > person:d1'], DOCTOR, 'c1'],
    ['not another professional', ['+ziekenhuis > person:d2'], DOCTOR, '-'],
    ['nobody who does not say who asks', ['+ziekenhuis > person:d1'], GP, '-'],
    ['all treatment data', ['+ZKH > HA [ggc GGC002]'], BOTH, 'c1 l1'],
    ['results, and nothing else', ['+ZKH > HA [ggc GGC012]'], BOTH, 'l1'],
    ['a type', ['+ZKH > HA [type Condition]'], BOTH, 'c1'],
    ['a code with its system', ['+ZKH > HA [code http://loinc.org|4548-4]'], BOTH, 'l1'],
    ['no code of another system', ['+ZKH > HA [code http://loinc.org|1]'], coded('urn:x|1'), '-'],
    [
      'an author',
      ['+ZKH > HA [author d9]'],
      { ...GP, resources: [resource('Condition/c1', { author: 'd9' })] },
      'c1',
    ],
    [
      'no other author',
      ['+ZKH > HA [author d8]'],
      { ...GP, resources: [resource('Condition/c1', { author: 'd9' })] },
      '-',
    ],
    ['an item, all its versions', ['+ZKH > HA [instance Condition/c1/_history/2]'], GP, 'c1'],
    ['no other item', ['+ZKH > HA [instance Condition/c2]'], GP, '-'],
    [
      'what came about on the first day',
      ['+ZKH > HA [dataPeriod 2026-01-10 2026-01-20]'],
      dated('2026-01-10'),
      'c1',
    ],
    [
      'what came about before a day, whenever',
      ['+ZKH > HA [dataPeriod  2026-01-20]'],
      dated('2026-01-20'),
      'c1',
    ],
    ['or after it', ['+ZKH > HA [dataPeriod 2026-01-10 ]'], dated('2026-01-10'), 'c1'],
    ['but not', ['+ZKH > HA [dataPeriod 2026-01-10 ]'], dated('2026-01-09'), '-'],
    [
      'what came about on the last day',
      ['+ZKH > HA [dataPeriod 2026-01-10 2026-01-20]'],
      dated('2026-01-20T23:59:00+01:00'),
      'c1',
    ],
    [
      'not the day before',
      ['+ZKH > HA [dataPeriod 2026-01-10 2026-01-20]'],
      dated('2026-01-09'),
      '-',
    ],
    [
      'not the day after',
      ['+ZKH > HA [dataPeriod 2026-01-10 2026-01-20]'],
      dated('2026-01-21'),
      '-',
    ],
    [
      'no month that is partly outside',
      ['+ZKH > HA [dataPeriod 2026-01-10 2026-02-20]'],
      dated('2026-01'),
      '-',
    ],
    [
      'a month that a refusal is partly about',
      ['+ZKH > HA', '-ZKH > HA [dataPeriod 2026-01-10 2026-02-20]'],
      dated('2026-01'),
      '-',
    ],
    [
      'the last day of a refusal, which is closed',
      ['+ZKH > HA', '-ZKH > HA [dataPeriod 2026-01-10 2026-02-20]'],
      dated('2026-02-20'),
      '-',
    ],
    [
      'the first day of a refusal, which is closed',
      ['+ZKH > HA', '-ZKH > HA [dataPeriod 2026-01-10 2026-02-20]'],
      dated('2026-01-10'),
      '-',
    ],
    [
      'not a month before the refusal',
      ['+ZKH > HA', '-ZKH > HA [dataPeriod 2026-01-10 2026-02-20]'],
      dated('2025-12'),
      'c1',
    ],
    [
      'not a month after the refusal',
      ['+ZKH > HA', '-ZKH > HA [dataPeriod 2026-01-10 2026-02-20]'],
      dated('2026-03'),
      'c1',
    ],
    ['nothing without a date', ['+ZKH > HA [dataPeriod 2026-01-10 2026-01-20]'], dated(), '-'],
    ['an episode', ['+ZKH > HA within EpisodeOfCare/e1'], { ...GP, resources: [EPISODE] }, 'c1'],
    [
      'no other episode',
      ['+ZKH > HA within EpisodeOfCare/e2'],
      { ...GP, resources: [EPISODE] },
      '-',
    ],
  ])('%s', decide);
});

describe('a choice counts', () => {
  const withState = (state: string) => [`+ZKH > HA is ${state}`];
  it.each<Row>([
    ['not as a proposal', withState('proposed'), GP, '-'],
    ['not as a draft', withState('draft'), GP, '-'],
    ['not any more when ended', withState('inactive'), GP, '-'],
    ['not when rejected', withState('rejected'), GP, '-'],
    ['not when entered in error', withState('entered-in-error'), GP, '-'],
    ['not as a refusal that ended', ['+ZKH > HA', '-ziekenhuis > HA is inactive'], GP, 'c1'],
    ['from its begin', [`+ZKH > HA from ${NOW}`], GP, 'c1'],
    ['not before', ['+ZKH > HA from 2026-03-10T10:00:01+01:00'], GP, '-'],
    ['not at its end', [`+ZKH > HA until ${NOW}`], GP, '-'],
    ['until then', ['+ZKH > HA until 2026-03-10T10:00:01+01:00'], GP, 'c1'],
    ['by the instant, not by the words', ['+ZKH > HA until 2026-03-10T09:00:01Z'], GP, 'c1'],
    ['when a clock is a minute ahead', ['+ZKH > HA on 2026-03-10T10:01:00+01:00'], GP, 'c1'],
    ['not when it was made later', ['+ZKH > HA on 2026-03-10T10:01:01+01:00'], GP, '-'],
    [
      'as a refusal whenever made',
      ['+ZKH > HA', '-ziekenhuis > HA on 2026-03-10T10:05:00+01:00'],
      GP,
      '-',
    ],
    ['for hand-over too when it names no purpose', ['+ZKH > HA'], { ...GP, purpose: 'COC' }, 'c1'],
    [
      'not for research then',
      ['+ZKH > RES'],
      asks('studie', 'ziekenhuis', { purpose: 'HRESCH' }),
      '-',
    ],
    ['not for management then', ['+ZKH > HA'], { ...GP, purpose: 'HOPERAT' }, '-'],
    ['for the purposes that it names', ['+ZKH > HA {COC}'], GP, '-'],
    ['for none when the list is empty', ['+ZKH > HA {}'], GP, '-'],
    [
      'as a refusal for every purpose',
      ['+ZKH > RES {HRESCH}', '-ziekenhuis > RES'],
      asks('studie', 'ziekenhuis', { purpose: 'HRESCH' }),
      '-',
    ],
    ['not as a refusal for another', ['+ZKH > HA', '-ziekenhuis > HA {HRESCH}'], GP, 'c1'],
    ['not when a proxy who may only read made it', ['+ZKH > HA by reader'], GP, '-'],
    ['when a proxy for choices made it', ['+ZKH > HA by mandated'], GP, 'c1'],
    [
      'not as a refusal by a proxy who may only read',
      ['+ZKH > HA', '-ziekenhuis > HA by reader'],
      GP,
      'c1',
    ],
    ['as a refusal by a proxy for choices', ['+ZKH > HA', '-ziekenhuis > HA by mandated'], GP, '-'],
    ['not when a spouse made it', ['+ZKH > HA by spouse'], GP, '-'],
    ['not as a refusal by a spouse', ['+ZKH > HA', '-ziekenhuis > HA by spouse'], GP, 'c1'],
  ])('%s', decide);
});

describe('of two choices', () => {
  it.each<Row>([
    [
      'the newer of one scope stays',
      ['-ZKH > HA on 2025-01-01', '+ZKH > HA on 2025-02-01'],
      GP,
      'c1',
    ],
    ['also when it refuses', ['-ZKH > HA on 2025-02-01', '+ZKH > HA on 2025-01-01'], GP, '-'],
    ['made at once the refusal stays', ['+ZKH > HA', '-ZKH > HA'], GP, '-'],
    [
      'the order of purposes makes no scope',
      ['-ZKH > HA {COC,TREAT} on 2025-01-01', '+ZKH > HA {TREAT,COC}'],
      GP,
      'c1',
    ],
    ['other purposes do', ['-ZKH > HA {TREAT} on 2025-01-01', '+ZKH > HA {TREAT,COC}'], GP, '-'],
    ['another source does', ['-ZKH > HA as otv on 2025-01-01', '+ZKH > HA'], GP, '-'],
    ['the narrower holder decides', ['-ZKH > HA', '+ziekenhuis > HA on 2024-01-01'], GP, 'c1'],
    ['the narrower recipient decides', ['+ZKH > HA', '-ZKH > linde on 2024-01-01'], GP, '-'],
    ['any is the widest', ['-any > any', '+ZKH > HA'], GP, 'c1'],
    [
      'the person is narrower than the practice',
      ['-ziekenhuis > linde', '+ziekenhuis > person:d1'],
      DOCTOR,
      'c1',
    ],
    ['crosswise the refusal counts', ['+ziekenhuis > HA', '-ZKH > linde'], GP, '-'],
    ['crosswise with a person too', ['+ziekenhuis > linde', '-ZKH > person:d1'], DOCTOR, '-'],
    [
      'results are narrower than all',
      ['-ZKH > HA [ggc GGC002]', '+ZKH > HA [ggc GGC012]'],
      BOTH,
      'l1',
    ],
    ['and closed inside all', ['+ZKH > HA', '-ZKH > HA [ggc GGC012]'], BOTH, 'c1'],
    ['but not in the register', ['+ZKH > HA [ggc GGC012] as otv', '-ZKH > HA'], BOTH, '-'],
    [
      'a type is narrower than results',
      ['-ZKH > HA [ggc GGC012]', '+ZKH > HA [type Observation]'],
      BOTH,
      'l1',
    ],
    [
      'type and code are as narrow',
      ['+ZKH > HA [type Condition]', '-ZKH > HA [code urn:x|1]'],
      coded('urn:x|1'),
      '-',
    ],
    [
      'an item is narrower than a code',
      ['+ZKH > HA [instance Condition/c1]', '-ZKH > HA [code urn:x|1]'],
      coded('urn:x|1'),
      'c1',
    ],
    [
      'within an episode is narrower',
      ['-ZKH > HA', '+ZKH > HA within EpisodeOfCare/e1'],
      { ...GP, resources: [EPISODE] },
      'c1',
    ],
    [
      'crosswise with a type too',
      ['-ZKH > HA [type Condition]', '+ZKH > HA within EpisodeOfCare/e1'],
      { ...GP, resources: [EPISODE] },
      '-',
    ],
    [
      'an item does not outweigh a practice',
      ['-ZKH > linde', '+ZKH > HA [instance Condition/c1]'],
      GP,
      '-',
    ],
    [
      'a third in between changes nothing',
      ['-ZKH > HA', '-ziekenhuis > HA', '+ziekenhuis > linde'],
      GP,
      'c1',
    ],
    [
      'one of two narrowest that refuses closes',
      ['+ziekenhuis > linde [type Condition]', '-ziekenhuis > linde [code urn:x|1]', '+ZKH > HA'],
      coded('urn:x|1'),
      '-',
    ],
  ])('%s', decide);

  it('those that decide explain it', () => {
    expect(answer(['+ZKH > HA', '+ziekenhuis > linde'], GP).basis).toEqual(['r2']);
    expect(answer(['+ziekenhuis > HA', '-ZKH > linde'], GP).basis).toEqual(['r2']);
    expect(answer(['+ziekenhuis > HA', '+ZKH > linde'], GP).basis).toEqual(['r1', 'r2']);
  });
});
