/**
 * Cases in the words of consent.md 16: `+ZKH > HA [label PSY] {TREAT} by parent+self` is a permit
 * from one category to another. What is released is read back as the ids of the resources.
 */
import { type CaseFile, decideCases } from '../../../src/permission/decide-case.ts';

type Case = CaseFile['cases'][number];
type Rule = Case['consents'][number];
type Performer = NonNullable<Rule['performers']>[number];
export type Asked = Partial<Case['request']> & Pick<Case['request'], 'holder'>;
export type Patient = Partial<Case['patient']>;

export const NOW = '2026-03-10T10:00:00+01:00';

const of = (type: string, category: string, regions: readonly string[] = ['noord']) =>
  ({ type, category, regions }) as CaseFile['organisations'][string];

const WORLD: Omit<CaseFile, 'cases'> = {
  organisations: {
    ziekenhuis: of('V6', 'ZKH'),
    umc: of('V5', 'ZKH', ['noord', 'midden']),
    linde: of('Z3', 'HA'),
    eik: of('Z3', 'HA', ['zuid']),
    post: of('N6', 'HA'),
    ambulance: of('AMB', 'OVZ'),
    apotheek: of('J8', 'APO'),
    ggz: of('G5', 'GGZ'),
    thuiszorg: of('X3', 'VV', ['noord', 'zuid']),
    lab: { ...of('L1', 'LAB'), recipientCategory: 'ZKH' },
    studie: of('RES', 'RES'),
    oosthuis: of('V6', 'ZKH', ['oost']),
    oostarts: of('Z3', 'HA', ['oost']),
    ooststudie: of('RES', 'RES', ['oost']),
    westhuis: of('V6', 'ZKH', ['west', 'westerlijk']),
    westarts: of('Z3', 'HA', ['west', 'westerlijk']),
    gestopt: { ...of('Z3', 'HA'), suspended: true },
    vertrokken: {
      ...of('Z3', 'HA'),
      regions: [{ id: 'noord', until: '2026-03-10T10:00:00+01:00' }],
    },
    blijft: { ...of('Z3', 'HA'), regions: [{ id: 'noord', from: '2026-03-10T10:00:00+01:00' }] },
  },
  regions: {
    noord: {
      active: true,
      purposes: ['TREAT', 'COC', 'ETREAT', 'HRESCH', 'HOPERAT', 'PUBHLTH'],
      emergencyAgreement: true,
    },
    midden: { active: true, purposes: ['TREAT', 'COC', 'ETREAT'], emergencyAgreement: false },
    oost: {
      active: true,
      purposes: ['TREAT', 'HRESCH'],
      emergencyAgreement: false,
      basePolicy: 'permit',
    },
    west: {
      active: true,
      purposes: ['TREAT', 'COC'],
      emergencyAgreement: false,
      careRelation: 'required',
    },
    westerlijk: { active: true, purposes: ['TREAT'], emergencyAgreement: false },
    zuid: { active: false, purposes: ['TREAT'], emergencyAgreement: true },
  },
};

/** `Condition/c1 R PSY`: what stands behind the name are its labels. */
export function resource(words: string, more: object = {}): Case['request']['resources'][number] {
  const [ref = '', ...labels] = words.split(' ');
  return { ref, labels, ...more };
}

export const asks = (recipient: string, holder: string, more: Partial<Asked> = {}): Asked => ({
  recipient,
  holder,
  ...more,
});

const BY: Readonly<Record<string, Performer>> = {
  parent: { rel: 'parent', custody: true },
  outsider: { rel: 'parent', custody: false },
  unsure: { rel: 'parent' },
  mandated: { rel: 'proxy', scope: 'manage-consent' },
  moeder: { rel: 'parent', custody: true, by: 'moeder' },
  vader: { rel: 'parent', custody: true, by: 'vader' },
  voogd: { rel: 'guardian', by: 'voogd' },
  reader: { rel: 'proxy', scope: 'read' },
  unnamed: { rel: 'proxy' },
};

const party = (words: string) => {
  if (words === 'any') return { level: 'any' };
  if (words.startsWith('person:')) return { level: 'person', value: words.slice(7) };
  return { level: words in WORLD.organisations ? 'org' : 'cat', value: words };
};

const RULE = /^([+-])(\S+) > (\S+)(?: \[(\w+)(?: ([^\]]+))?\])?(.*)$/;

function rule(words: string, at: number): Rule {
  const [, sign, holder = '', recipient = '', level = 'all', value, rest = ''] =
    RULE.exec(words) ?? [];
  const after = (name: string) => new RegExp(`(?:^| )${name} (\\S+)`).exec(rest)?.[1];
  const [from, until, context] = [after('from'), after('until'), after('within')];
  const purpose = /\{(.*)\}/.exec(rest)?.[1];
  return {
    id: `r${at + 1}`,
    type: sign === '+' ? 'permit' : 'deny',
    source: after('as') ?? 'dhtv',
    status: after('is') ?? 'active',
    dateTime: after('on') ?? '2025-10-01T09:00:00+02:00',
    holder: party(holder),
    recipient: party(recipient),
    data: { level, value: level === 'dataPeriod' ? value?.split(' ') : value },
    performers: (after('by') ?? 'self').split('+').map((name) => BY[name] ?? { rel: name }),
    ...(purpose === undefined ? {} : { purpose: purpose === '' ? [] : purpose.split(',') }),
    ...(from || until
      ? { period: { ...(from && { start: from }), ...(until && { end: until }) } }
      : {}),
    ...(context ? { context: contextOf(context) } : {}),
  } as Rule;
}

function contextOf(value: string) {
  if (value.startsWith('Task/')) return { kind: 'referral', value };
  return { kind: value.includes('/') ? 'episode' : 'region', value };
}

/** The whole answer to one question about a person of 45, by a GP unless it says otherwise. */
export function answer(
  rules: readonly string[],
  asked: Asked,
  patient: Patient = {},
  relations: Case['relations'] = [],
) {
  const request = {
    actor: 'practitioner',
    interaction: 'search',
    purpose: 'TREAT',
    role: '01.015',
    resources: [resource('Condition/c1')],
    ...asked,
  } as Case['request'];
  const one: Case = {
    id: 'case',
    now: NOW,
    patient: { id: 'anna', birthDate: '1980-05-02', ...patient },
    consents: rules.map(rule),
    relations,
    request,
  };
  const [decided] = decideCases({ ...WORLD, cases: [one] });
  if (!decided) throw new Error('One case gives one answer.');
  return decided;
}

/** The ids that are released, `-` for none, or why the question was refused before consent. */
export function shown(...asked: Parameters<typeof answer>): string {
  const { released, reason, visible } = answer(...asked);
  if (visible['http'] === 403 || visible['http'] === 422) return String(reason);
  return released.map((ref) => ref.split('/')[1]).join(' ') || '-';
}
