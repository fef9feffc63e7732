/** A small world of organisations, and random choices, requests and resources in it. */
import fc from 'fast-check';
import {
  type AccessRequest,
  type ConsentRule,
  compileGrant,
  type DecisionInputs,
  type Party,
  type ResourceFacts,
  standardPolicy,
  type Verdict,
} from '../../src/permission/index.ts';

export const AT = new Date('2026-03-10T10:00:00+01:00');

const party = (id: string, type: string, category: Party['category']): Party => ({
  id,
  ura: '',
  type,
  category,
  regions: ['noord'],
});

export const PARTIES: readonly Party[] = [
  party('hospital', 'V6', 'ZKH'),
  party('practice', 'Z3', 'HA'),
  party('post', 'N6', 'HA'),
  party('clinic', 'G5', 'GGZ'),
  party('lab', 'L1', 'LAB'),
];

export const HOLDERS = new Map(PARTIES.map((one) => [one.id, one]));

const HOLDER_MATCH = fc.constantFrom<ConsentRule['holder']>(
  { level: 'any' },
  { level: 'cat', value: 'ZKH' },
  { level: 'cat', value: 'HA' },
  { level: 'org', value: 'hospital' },
  { level: 'org', value: 'lab' },
);

const RECIPIENT_MATCH = fc.constantFrom<ConsentRule['recipient']>(
  { level: 'any' },
  { level: 'cat', value: 'HA' },
  { level: 'cat', value: 'GGZ' },
  { level: 'org', value: 'practice' },
  { level: 'org', value: 'post' },
  { level: 'person', value: 'dr-a' },
);

const DATA_MATCH = fc.constantFrom<ConsentRule['data']>(
  { level: 'all' },
  { level: 'ggc', value: 'GGC002' },
  { level: 'ggc', value: 'GGC013' },
  { level: 'type', value: 'Condition' },
  { level: 'label', value: 'PSY' },
  { level: 'label', value: 'R' },
  { level: 'code', value: 's|1' },
  { level: 'author', value: 'Practitioner/x' },
  { level: 'dataPeriod', start: '2020-01-01', end: '2024-12-31' },
  { level: 'instance', value: 'Condition/c1' },
);

const WHEN = fc.constantFrom(
  '2024-01-01T00:00:00+01:00',
  '2025-06-01T00:00:00+02:00',
  '2026-03-01T00:00:00+01:00',
  '2026-03-08T00:00:00+01:00',
);

const OPTIONAL = <T>(values: readonly T[]) =>
  fc.option(fc.constantFrom(...values), { nil: undefined });

export const RULE: fc.Arbitrary<ConsentRule> = fc
  .record({
    source: fc.constantFrom<ConsentRule['source']>('otv', 'dhtv', 'implicit'),
    type: fc.constantFrom<ConsentRule['type']>('permit', 'deny'),
    status: fc.constantFrom<ConsentRule['status']>('active', 'active', 'active', 'inactive'),
    dateTime: WHEN,
    period: OPTIONAL([
      { end: '2026-03-10T10:00:00+01:00' },
      { end: '2026-03-20T00:00:00+01:00' },
      { start: '2026-03-11T00:00:00+01:00' },
    ]),
    performers: fc.constantFrom<ConsentRule['performers']>(
      [{ rel: 'self' }],
      [{ rel: 'self' }],
      [{ rel: 'parent', custody: true }],
      [{ rel: 'self' }, { rel: 'parent', custody: true }],
      [{ rel: 'parent', custody: true, by: 'x' }],
      [{ rel: 'parent', custody: true, by: 'y' }],
      [{ rel: 'self' }, { rel: 'parent', custody: true, by: 'x' }],
      [{ rel: 'self' }, { rel: 'parent', custody: true, by: 'y' }],
      [
        { rel: 'parent', custody: true, by: 'x' },
        { rel: 'parent', custody: true, by: 'y' },
      ],
    ),
    holder: HOLDER_MATCH,
    recipient: RECIPIENT_MATCH,
    data: DATA_MATCH,
    purpose: OPTIONAL<NonNullable<ConsentRule['purpose']>>([
      ['TREAT'],
      ['ETREAT'],
      ['TREAT', 'COC'],
    ]),
    context: OPTIONAL<NonNullable<ConsentRule['context']>>([
      { kind: 'referral', value: 'Task/t' },
      { kind: 'episode', value: 'EpisodeOfCare/e' },
      { kind: 'region', value: 'noord' },
    ]),
  })
  .map(({ period, purpose, context, ...rest }) => ({
    id: '',
    ...rest,
    ...(period ? { period } : {}),
    ...(purpose ? { purpose } : {}),
    ...(context ? { context } : {}),
  }));

/** Rules with ids of their own. */
export const RULES = fc
  .array(RULE, { maxLength: 8 })
  .map((rules) => rules.map((rule, index) => ({ ...rule, id: `r${index}` })));

export const FACTS: fc.Arbitrary<ResourceFacts> = fc.record({
  type: fc.constantFrom('Condition', 'Observation', 'AllergyIntolerance', 'MedicationRequest'),
  id: fc.constantFrom('c1', 'c2'),
  custodian: fc.constantFrom('hospital', 'practice', 'lab'),
  category: fc.constantFrom<ResourceFacts['category']>('GGC002', 'GGC012', 'GGC013', 'none'),
  labels: fc.constantFrom<string[]>([], [], ['R', 'PSY'], ['R'], ['V', 'VIO'], ['R', 'PSY', 'SUD']),
  codes: fc.constantFrom<string[]>([], ['s|1']),
  authors: fc.constantFrom<string[]>([], ['Practitioner/x']),
  date: fc.constantFrom('2022-05-05', '2026-01-01'),
  related: fc.constantFrom<string[]>([], ['EpisodeOfCare/e']),
});

export const BIRTH_DATE = fc.constantFrom('1980-05-02', '2018-01-10', '2012-09-01', '2008-11-20');

export const REQUEST: fc.Arbitrary<AccessRequest> = fc
  .record({
    organisation: fc.constantFrom(...PARTIES.filter(({ id }) => id !== 'lab')),
    purpose: fc.constantFrom<AccessRequest['purpose']>('TREAT', 'COC', 'ETREAT'),
    task: OPTIONAL(['Task/t']),
    person: OPTIONAL(['dr-a']),
    level: fc.constantFrom<'urgent' | 'vital'>('urgent', 'vital'),
    patientIncapable: fc.boolean(),
  })
  .map(({ organisation, purpose, task, person, level, patientIncapable }) => ({
    id: 'q',
    correlationId: 'q',
    door: 'fhir',
    client: organisation.id,
    address: '',
    tokenId: 't',
    actor: {
      kind: 'professional',
      organisation,
      role: '01.015',
      department: 'SEH',
      ...(person ? { person } : {}),
    },
    purpose,
    ...(task ? { task } : {}),
    ...(purpose === 'ETREAT'
      ? {
          emergency: {
            level,
            patientIncapable,
            reasonCode: 'BEWUSTELOOS',
            reason: 'niet aanspreekbaar na val',
          },
        }
      : {}),
  }));

export interface World {
  readonly rules: readonly ConsentRule[];
  readonly request: AccessRequest;
  readonly facts: ResourceFacts;
  readonly birthDate: string;
}

export const WORLD: fc.Arbitrary<World> = fc.record({
  rules: RULES,
  request: REQUEST,
  facts: FACTS,
  birthDate: BIRTH_DATE,
});

export function inputsOf(world: World, at: Date = AT): DecisionInputs {
  return {
    request: world.request,
    at,
    epoch: 1,
    patient: { birthDate: world.birthDate },
    rules: world.rules,
    holders: HOLDERS,
    policy: standardPolicy(),
  };
}

/** The verdict of a world, its rules replaced where asked. */
export function verdictOf(world: World, rules = world.rules, at: Date = AT): Verdict {
  return compileGrant(inputsOf({ ...world, rules }, at)).covers(world.facts);
}
