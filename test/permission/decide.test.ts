/** The decision step by step: consent.md 5.2, and the sections behind each step. */
import { describe, expect, it } from 'vitest';
import {
  type AccessRequest,
  type ConsentRule,
  compileGrant,
  type DecisionInputs,
  type ResourceFacts,
} from '../../src/permission/index.ts';
import { AT, HOLDERS, inputsOf, PARTIES } from './random-world.ts';

const facts = (more: Partial<ResourceFacts> = {}): ResourceFacts => ({
  type: 'Condition',
  id: 'c1',
  custodian: 'hospital',
  category: 'GGC002',
  labels: [],
  codes: [],
  authors: [],
  related: [],
  date: '2026-01-01',
  ...more,
});

const rule = (id: string, type: ConsentRule['type'], more: Partial<ConsentRule> = {}) => ({
  id,
  source: 'dhtv' as const,
  type,
  status: 'active' as const,
  dateTime: '2025-10-01T09:00:00+02:00',
  performers: [{ rel: 'self' as const }],
  holder: { level: 'cat' as const, value: 'ZKH' as const },
  recipient: { level: 'cat' as const, value: 'HA' as const },
  data: { level: 'all' as const },
  ...more,
});

const asks = (id: string, more: Partial<AccessRequest> = {}): AccessRequest => {
  const organisation = PARTIES.find((one) => one.id === id);
  if (!organisation) throw new Error(`no organisation ${id}`);
  return {
    id: 'q',
    correlationId: 'q',
    door: 'fhir',
    client: id,
    address: '',
    tokenId: 't',
    purpose: 'TREAT',
    actor: { kind: 'professional', organisation, role: '01.015' },
    ...more,
  };
};

function decide(
  request: AccessRequest,
  rules: readonly ConsentRule[],
  about: ResourceFacts = facts(),
  more: Partial<DecisionInputs> = {},
) {
  const inputs = inputsOf({ request, rules, facts: about, birthDate: '1980-05-02' });
  return compileGrant({ ...inputs, ...more }).covers(about);
}

describe('a professional', () => {
  it('gets nothing when nothing is on record', () => {
    expect(decide(asks('practice'), [])).toMatchObject({
      permit: false,
      reason: 'nothing-on-record',
    });
  });

  it.each([
    [
      'the named organisation over the category',
      [rule('no', 'deny'), rule('yes', 'permit', { holder: { level: 'org', value: 'hospital' } })],
      'yes',
    ],
    [
      'a refusal among equals',
      [rule('yes', 'permit', { source: 'otv' }), rule('no', 'deny')],
      'no',
    ],
    [
      'the newest of one source and scope',
      [rule('no', 'deny'), rule('yes', 'permit', { dateTime: '2026-02-01T00:00:00+01:00' })],
      'yes',
    ],
    [
      'an older narrow refusal over a newer broad permit',
      [
        rule('no', 'deny', { recipient: { level: 'org', value: 'practice' } }),
        rule('yes', 'permit', { dateTime: '2026-02-01T00:00:00+01:00' }),
      ],
      'no',
    ],
    [
      'the lock over everything',
      [
        rule('no', 'deny', {
          absolute: true,
          holder: { level: 'any' },
          recipient: { level: 'any' },
        }),
        rule('yes', 'permit', {
          data: { level: 'instance', value: 'Condition/c1' },
          holder: { level: 'org', value: 'hospital' },
          recipient: { level: 'org', value: 'practice' },
        }),
      ],
      'no',
    ],
  ] as const)('is decided by %s', (_, rules, by) => {
    const { permit, basis } = decide(asks('practice'), rules);
    expect({ permit, basis }).toEqual({ permit: by === 'yes', basis: [by] });
  });

  it('gets labelled data only when the label or the item is named', () => {
    const psychiatric = facts({ labels: ['R', 'PSY'] });
    const broad = rule('broad', 'permit');
    const named = rule('named', 'permit', { data: { level: 'label', value: 'PSY' } });
    expect(decide(asks('practice'), [broad], psychiatric).reason).toBe('label-gate');
    expect(decide(asks('practice'), [broad, named], psychiatric).permit).toBe(true);
    const forClinics = rule('c', 'permit', { recipient: { level: 'cat', value: 'GGZ' } });
    expect(decide(asks('clinic'), [forClinics], psychiatric).permit).toBe(true);
  });

  it('gets what a limit that is not understood would cover neither by permit nor past a refusal', () => {
    const odd = { notUnderstood: true };
    expect(decide(asks('practice'), [rule('yes', 'permit', odd)]).permit).toBe(false);
    expect(decide(asks('practice'), [rule('yes', 'permit'), rule('no', 'deny', odd)]).permit).toBe(
      false,
    );
  });

  it('learns that a patient is known only where something could be released', () => {
    const patient = facts({ type: 'Patient', id: 'p', category: 'none' });
    expect(decide(asks('practice'), [], patient).permit).toBe(false);
    expect(decide(asks('practice'), [rule('yes', 'permit')], patient).permit).toBe(true);
    const closed = [
      rule('yes', 'permit'),
      rule('no', 'deny', { dateTime: '2026-01-01T00:00:00Z' }),
    ];
    expect(decide(asks('practice'), closed, patient).permit).toBe(false);
    const allButTheRecord = rule('no', 'deny', { data: { level: 'ggc', value: 'GGC002' } });
    const both = [rule('yes', 'permit'), allButTheRecord];
    expect(decide(asks('practice'), both, patient).permit).toBe(false);
  });

  it('without a regional agreement is refused before anybody looks at choices', () => {
    const request = asks('practice', { region: 'elsewhere' });
    expect(() => decide(request, [])).toThrow(
      expect.objectContaining({ kind: 'forbidden', code: 'no-region-agreement' }),
    );
  });

  it('is told to come back when the register is silent and nothing else decides', () => {
    const register = [{ holder: 'hospital', answer: 'unavailable' as const }];
    expect(decide(asks('practice'), [], facts(), { register }).reason).toBe('register-unavailable');
    const named = rule('yes', 'permit', {
      holder: { level: 'org', value: 'hospital' },
      recipient: { level: 'org', value: 'practice' },
    });
    expect(decide(asks('practice'), [named], facts(), { register }).permit).toBe(true);
  });
});

describe('in an emergency', () => {
  const emergency = {
    level: 'urgent' as const,
    patientIncapable: false,
    reasonCode: 'BEWUSTELOOS',
    reason: 'niet aanspreekbaar na val',
  };
  const urgent = asks('post', { purpose: 'ETREAT', emergency });
  const vital = asks('post', {
    purpose: 'ETREAT',
    emergency: { ...emergency, level: 'vital', patientIncapable: true },
  });

  it('the subset is released where no choice stands, with notice and review', () => {
    expect(decide(urgent, [])).toMatchObject({ permit: true, route: 'emergency' });
    expect(decide(urgent, []).obligations).toEqual([
      'AUDIT',
      'AUDIT-BTG',
      'NOTIFY-PATIENT',
      'REVIEW-FG',
      'TTL-3600',
    ]);
    expect(decide(urgent, [], facts({ type: 'Observation' })).permit).toBe(false);
  });

  it('who refused treatment access is not opened by an urgent question', () => {
    const refusal = rule('no', 'deny', { source: 'otv', purpose: ['TREAT'] });
    expect(decide(urgent, [refusal])).toMatchObject({ permit: false, basis: ['no'] });
  });

  it('a vital interest opens an ordinary refusal, never one in so many words', () => {
    expect(decide(vital, [rule('no', 'deny')]).permit).toBe(true);
    expect(decide(vital, [rule('no', 'deny', { purpose: ['ETREAT'] })]).reason).toBe(
      'emergency-refused',
    );
    expect(decide(vital, [rule('no', 'deny', { absolute: true })]).reason).toBe(
      'emergency-refused',
    );
    expect(decide(vital, [], facts({ labels: ['V', 'VIO'] })).permit).toBe(false);
  });

  it('who refused it all is not shown to be known there', () => {
    const patient = facts({ type: 'Patient', id: 'p', category: 'none' });
    const refusal = rule('no', 'deny', { data: { level: 'ggc', value: 'GGC002' } });
    expect(decide(urgent, [], patient).permit).toBe(true);
    expect(decide(urgent, [refusal], patient).permit).toBe(false);
  });

  it('a reason of fewer than ten characters is refused as a question', () => {
    const hasty = { ...urgent, emergency: { ...emergency, reason: 'aaa' } };
    expect(() => decide(hasty, [])).toThrow(
      expect.objectContaining({ kind: 'unprocessable', code: 'reason-required' }),
    );
  });
});

describe('in an emergency of a child whose parents disagree', () => {
  const emergency = {
    level: 'urgent' as const,
    patientIncapable: true,
    reasonCode: 'BEWUSTELOOS',
    reason: 'niet aanspreekbaar na val',
  };
  const urgent = asks('post', { purpose: 'ETREAT', emergency });
  const child = { patient: { birthDate: '2018-01-10' } };
  const by = (...parents: string[]) => ({
    performers: parents.map((one) => ({ rel: 'parent' as const, custody: true, by: one })),
  });
  const no = rule('no', 'deny', { ...by('x'), purpose: ['TREAT'] });
  const yes = rule('yes', 'permit', by('y'));

  it('a refusal of treatment stands against what the other permits', () => {
    expect(decide(urgent, [yes], facts(), child).route).toBe('explicit');
    expect(decide(urgent, [no], facts(), child)).toMatchObject({ reason: 'refused' });
    expect(decide(urgent, [no, yes], facts(), child)).toMatchObject({
      permit: false,
      reason: 'refused',
      basis: ['no'],
    });
  });

  it('opens what they permit together, or what whoever refused permits for emergencies', () => {
    const both = rule('both', 'permit', by('x', 'y'));
    expect(decide(urgent, [no, both], facts(), child).route).toBe('explicit');
    const forEmergencies = rule('yes', 'permit', { ...by('x'), purpose: ['ETREAT'] });
    expect(decide(urgent, [no, forEmergencies], facts(), child).route).toBe('explicit');
  });

  it('goes by what the refusing parent said last', () => {
    const later = {
      ...by('x'),
      purpose: ['TREAT' as const],
      dateTime: '2025-11-01T09:00:00+01:00',
    };
    const again = rule('again', 'permit', later);
    expect(decide(urgent, [no, again, yes], facts(), child).route).toBe('explicit');
  });

  it('shows what is needed where life is at stake', () => {
    const vital = { ...urgent, emergency: { ...emergency, level: 'vital' as const } };
    expect(decide(vital, [no, yes], facts(), child).route).toBe('emergency');
  });
});

describe('the person', () => {
  const person: AccessRequest = {
    ...asks('practice'),
    purpose: 'PATRQT',
    actor: { kind: 'person' },
  };

  it('gets everything, labelled or not, save what others confided and working notes', () => {
    expect(decide(person, [], facts({ labels: ['R', 'PSY'] })).route).toBe('own-right');
    expect(decide(person, [], facts({ labels: ['third-party'] })).reason).toBe('third-party');
    expect(decide(person, [], facts({ labels: ['working-note'] })).reason).toBe('working-note');
  });

  it('gets at the address of one holder only what that holder holds', () => {
    const request = { ...person, aanbieder: 'lab' };
    expect(decide(request, [], facts({ custodian: 'lab' })).permit).toBe(true);
    expect(decide(request, []).reason).toBe('other-custodian');
  });

  it('waits for what the source holds back until then', () => {
    const soon = facts({ embargoUntil: '2026-03-12T00:00:00+01:00' });
    expect(decide(person, [], soon).reason).toBe('embargo');
    expect(decide(person, [], soon, { at: new Date('2026-03-12T00:00:00+01:00') }).permit).toBe(
      true,
    );
  });

  it.each([
    ['web', '2014-03-11', 'age-under-12'],
    ['web', '2014-03-10', undefined],
    ['medmij', '2010-03-11', 'age-16'],
    ['medmij', '2010-03-10', undefined],
  ] as const)('at door %s born on %s: %s', (door, birthDate, code) => {
    const act = () => decide({ ...person, door }, [], facts(), { patient: { birthDate } });
    if (code) expect(act).toThrow(expect.objectContaining({ code }));
    else expect(act().permit).toBe(true);
  });
});

describe('quiet mode', () => {
  const quiet = rule('quiet', 'deny', {
    quiet: true,
    holder: { level: 'any' },
    recipient: { level: 'any' },
  });
  const person = asks('practice', { purpose: 'PATRQT', actor: { kind: 'person' }, door: 'web' });
  const acting: AccessRequest = {
    ...person,
    actor: { kind: 'representative', subject: 's', authority: 'proxy' },
    quietLifted: true,
  };
  const representation = { rel: 'proxy', scope: 'all' } as const;
  const shows = (request: AccessRequest, rules: readonly ConsentRule[]) =>
    decide(request, rules, facts(), { representation }).permit;

  it('hides the record from the person and from who acts for the person', () => {
    expect(shows(person, [])).toBe(true);
    expect(decide(person, [quiet]).reason).toBe('quiet');
    expect(shows(acting, [])).toBe(true);
    expect(shows(acting, [quiet])).toBe(false);
  });

  it('is lifted on the own pages, and never at an app', () => {
    expect(shows({ ...person, quietLifted: true }, [quiet])).toBe(true);
    expect(shows({ ...person, quietLifted: true, door: 'medmij' }, [quiet])).toBe(false);
  });

  it('is over when it ended, and a permit is none', () => {
    expect(shows(person, [{ ...quiet, status: 'inactive' }])).toBe(true);
    expect(shows(person, [{ ...quiet, period: { end: AT.toISOString() } }])).toBe(true);
    expect(shows(person, [{ ...quiet, type: 'permit' }])).toBe(true);
  });

  it('hides nothing from a provider or a sender', () => {
    const open = { holder: { level: 'any' }, recipient: { level: 'any' } } as const;
    expect(shows(asks('practice'), [rule('yes', 'permit', open), quiet])).toBe(true);
    const [organisation] = PARTIES;
    if (!organisation) throw new Error('no organisation');
    const sender: AccessRequest = { ...asks('practice'), actor: { kind: 'sender', organisation } };
    expect(shows(sender, [quiet])).toBe(true);
  });
});

describe('a rule', () => {
  it('counts where all of its limits hold', () => {
    const both = rule('yes', 'permit', {
      data: { level: 'type', value: 'Condition' },
      within: [{ level: 'author', value: 'Practitioner/a' }],
    });
    expect(decide(asks('practice'), [both]).permit).toBe(false);
    expect(decide(asks('practice'), [both], facts({ authors: ['Practitioner/a'] })).permit).toBe(
      true,
    );
  });

  it('of one search counts for that search only', () => {
    const one = rule('yes', 'permit', { search: 'digest' });
    expect(decide(asks('practice', { search: 'digest' }), [one]).permit).toBe(true);
    expect(decide(asks('practice', { search: 'another' }), [one]).permit).toBe(false);
    expect(decide(asks('practice'), [one]).permit).toBe(false);
    expect(decide(asks('practice', { search: 'digest' }), [rule('yes', 'permit')]).permit).toBe(
      true,
    );
  });

  it('without a purpose in its list permits nothing and refuses everything', () => {
    expect(decide(asks('practice'), [rule('yes', 'permit', { purpose: [] })]).permit).toBe(false);
    const no = rule('no', 'deny', { purpose: [], holder: { level: 'org', value: 'hospital' } });
    expect(decide(asks('practice'), [rule('yes', 'permit'), no]).permit).toBe(false);
  });

  it('that is not understood permits nothing, and refuses what it may mean', () => {
    const odd = { notUnderstood: true, holder: { level: 'org', value: 'hospital' } } as const;
    expect(decide(asks('practice'), [rule('yes', 'permit', odd)]).permit).toBe(false);
    const rules = [rule('yes', 'permit'), rule('no', 'deny', odd)];
    expect(decide(asks('practice'), rules).permit).toBe(false);
  });
});

describe('a sender', () => {
  it('reads back what it sent itself and nothing else', () => {
    const [organisation] = PARTIES;
    if (!organisation) throw new Error('no organisation');
    const request: AccessRequest = { ...asks('practice'), actor: { kind: 'sender', organisation } };
    expect(decide(request, []).route).toBe('sender');
    expect(decide(request, [], facts({ custodian: 'lab' })).permit).toBe(false);
  });
});

describe('the hash of the inputs', () => {
  it('is the same for the same inputs and another for another choice', () => {
    const world = {
      request: asks('practice'),
      rules: [rule('a', 'permit')],
      facts: facts(),
      birthDate: '1980-05-02',
    };
    const hash = (rules: readonly ConsentRule[], at = AT) =>
      compileGrant({ ...inputsOf({ ...world, rules }, at), holders: new Map(HOLDERS) }).inputsHash;
    expect(hash([rule('a', 'permit')])).toBe(hash([rule('a', 'permit')]));
    expect(hash([rule('a', 'deny')])).not.toBe(hash([rule('a', 'permit')]));
  });
});
