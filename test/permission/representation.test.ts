/** What a representative sees: what a child opens to a parent, and what a mandate names. */
import { describe, expect, it } from 'vitest';
import {
  type AccessRequest,
  compileGrant,
  type Representation,
  type ResourceFacts,
  voluntaryAuthority,
  voluntaryMandate,
} from '../../src/permission/index.ts';
import { inputsOf } from './random-world.ts';

const AT = new Date('2026-03-10T12:00:00+01:00');
const request: AccessRequest = {
  ...{ id: 'q', correlationId: 'q', door: 'web', client: 'web', address: '', tokenId: 't' },
  purpose: 'PATRQT',
  actor: { kind: 'representative', subject: 's', authority: 'parental' },
};

function sees(representation: Representation, birthDate: string, more: Partial<ResourceFacts>) {
  const facts: ResourceFacts = {
    ...{ type: 'Condition', id: 'c1', custodian: 'hospital', category: 'GGC002' },
    ...{ labels: [], codes: [], authors: [], related: [], date: '2026-01-01' },
    ...more,
  };
  const inputs = { ...inputsOf({ request, rules: [], facts, birthDate }), at: AT, representation };
  return compileGrant(inputs).covers(facts);
}

const PARENT: Representation = { rel: 'parent', custody: true, childAgrees: true };
const THIRTEEN = '2013-01-01';
const ELEVEN = '2015-01-01';

describe('a parent of a child of 12 to 15', () => {
  it.each(['SRH', 'STD', 'HIV', 'PSY', 'SUD', 'ETHUD', 'GDIS', 'SDV', 'VIO', 'V', 'R'])(
    'sees nothing labelled %s that the child did not open, and of a child of 11 all',
    (label) => {
      const verdict = sees(PARENT, THIRTEEN, { labels: ['R', label] });
      expect(verdict).toMatchObject({ permit: false, reason: 'not-opened-to-parent' });
      expect(sees(PARENT, ELEVEN, { labels: ['R', label] }).permit).toBe(true);
      expect(sees(PARENT, THIRTEEN, { labels: ['N'] }).permit).toBe(true);
    },
  );

  it('sees the topics that the child opened, narrower ones too, and no item that has another', () => {
    const opened = { ...PARENT, opened: ['PSY', 'SUD'] };
    const permits = (...labels: string[]) => sees(opened, THIRTEEN, { labels }).permit;
    expect(permits('R', 'PSY')).toBe(true);
    expect(permits('ETHUD')).toBe(true);
    expect(permits('PSY', 'SUD')).toBe(true);
    expect(permits('PSY', 'STD')).toBe(false);
    expect(permits('V', 'PSY')).toBe(false);
    expect(permits('GDIS')).toBe(false);
  });

  it('never sees sexual health or violence, whatever is said to be open', () => {
    const opened = { ...PARENT, opened: ['SRH', 'STD', 'HIV', 'SDV', 'VIO', 'V', 'R'] };
    for (const label of opened.opened) {
      expect(sees(opened, THIRTEEN, { labels: [label] }).permit, label).toBe(false);
    }
  });
});

describe('a mandate from the log-in', () => {
  const by = (named: string, until?: string) => {
    const authority = voluntaryAuthority(named, until);
    return authority === undefined ? undefined : voluntaryMandate(authority);
  };
  const medicine = { type: 'MedicationRequest', category: 'GGC013' as const };
  const letter = { type: 'DocumentReference' };

  it('shows the kinds that it names, and the people and places that go along', () => {
    const named = by('medicijnen onbekend') as Representation;
    expect(sees(named, '1942-06-30', medicine).permit).toBe(true);
    expect(sees(named, '1942-06-30', { type: 'AllergyIntolerance' }).permit).toBe(true);
    expect(sees(named, '1942-06-30', { type: 'Patient', category: 'none' }).permit).toBe(true);
    expect(sees(named, '1942-06-30', letter)).toMatchObject({ reason: 'outside-mandate' });
    expect(sees(named, '1942-06-30', {}).permit).toBe(false);
  });

  it('shows all only when it says so', () => {
    const all = by('alles') as Representation;
    expect(sees(all, '1942-06-30', letter).permit).toBe(true);
    expect(by('')).toBeUndefined();
    expect(by('onbekend')).toBeUndefined();
    expect(by('constructor')).toBeUndefined();
    expect(by('Alles')).toBeUndefined();
  });

  it('ends at the midnight or the moment that it tells, and not at what is no moment', () => {
    expect(by('brieven', '2026-03-10')?.period?.end).toBe('2026-03-09T23:00:00.000Z');
    expect(by('brieven', '2026-03-10T12:00:00Z')?.period?.end).toBe('2026-03-10T12:00:00.000Z');
    expect(by('brieven', 'ooit')).toBeUndefined();
    expect(voluntaryMandate('parental')).toBeUndefined();
    expect(voluntaryMandate('voluntarily:alles')).toBeUndefined();
  });
});
