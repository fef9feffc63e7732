/** Which way round a written surname has its parts (source-formats.md 2.4), and what is none. */
import { expect, test } from 'vitest';
import { er7, msh, one, only } from './messages.ts';

const patient = (name: string, numbers = '7^^^ZIS^PI', rest = '') =>
  only(er7(msh('ADT^A28'), 'EVN|A28|20260302', `PID|||${numbers}||${name}||19800101|F${rest}`));

test.each([
  ['Berg-de Vries&van den&Berg&de&Vries', 'NL4'],
  ['van den Berg-de Vries&van den&Berg&de&Vries', 'NL4'],
  ['de Vries-van den Berg&van den&Berg&de&Vries', 'NL3'],
  ['Vries-van den Berg&van den&Berg&de&Vries', 'NL3'],
  ['de Vries&van den&Berg&de&Vries', 'NL2'],
  ['van den Berg&van den&Berg&de&Vries', 'NL1'],
  // A name that is part of another word is not that name.
  ['Vriesendorp-Bergsma&&Vriesendorp&&Bergsma', 'NL4'],
  ['Bergsma&&Berg&&Bergsma', 'NL2'],
])('%s is in the order %s', (name, order) => {
  const [found] = one(patient(`${name}^A`), 'Patient')['name'] as { extension: unknown[] }[];
  expect(found?.extension).toMatchObject([{ valueCode: order }]);
});

test('an authority without a number is accounted for, and is no number', () => {
  const message = patient('Berg^A', '7^^^ZIS^PI~^^^NLMINBIZA^NNNLD');
  expect(one(message, 'Patient')['identifier']).toHaveLength(1);
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test('who died at a time that cannot be read has died all the same', () => {
  const dead = one(patient('Berg^A', undefined, `${'|'.repeat(21)}onbekend|Y`), 'Patient');
  expect(dead).toMatchObject({ deceasedBoolean: true });
});

test('initials beside a first name are initials, and a blank surname is none', () => {
  const [first, second] = one(patient('Berg^Johannes^P.J.~ ^Piet'), 'Patient')['name'] as {
    given: string[];
    _given: { extension: { valueCode: string }[] }[];
  }[];
  const qualifiers = first?._given.map(({ extension }) => extension[0]?.valueCode);
  expect(first?.given).toEqual(['P.J.', 'Johannes']);
  expect(qualifiers).toEqual(['IN', 'BR']);
  expect(second).not.toHaveProperty('family');
  expect(second).toMatchObject({ text: 'Piet' });
});

test.each([
  ['ES', 'Spanje', 'ES'],
  ['TUR', 'Turkije', 'TR'],
  ['Verweggistan', 'Verweggistan', undefined],
])('an address in %s is in %s', (sent, country, code) => {
  const address = `&Calle Mayor&5^^Madrid^^28013^${sent}^H`;
  const [found] = one(patient('Berg^A', undefined, `|||${address}`), 'Patient')['address'] as {
    country: string;
    _country?: { extension: { valueCodeableConcept: { coding: { code: string }[] } }[] };
  }[];
  expect(found?.country).toBe(country);
  const [extension] = found?._country?.extension ?? [];
  expect(extension?.valueCodeableConcept.coding[0]?.code).toBe(code);
});

test('who is to be warned is kept with a telephone number alone', () => {
  const message = only(
    er7(
      ...[msh('ADT^A28'), 'EVN|A28|20260302', 'PID|||7^^^ZIS^PI||Berg^A||19800101|F'],
      ...['NK1|1||CHD^kind^HL70063||0612345678', 'NK1|2||CHD^kind^HL70063'],
    ),
  );
  const telecom = [{ system: 'phone', value: '0612345678' }];
  expect(one(message, 'RelatedPerson')).toMatchObject({ telecom });
  expect(one(message, 'Patient')['contact']).toMatchObject([{ telecom }]);
});

test('who is known by a number alone stays the same when the segments are counted anew', () => {
  const keysOf = (...contacts: string[]) =>
    only(
      er7(
        ...[msh('ADT^A28'), 'EVN|A28|20260302', 'PID|||7^^^ZIS^PI||Berg^A||19800101|F'],
        ...contacts.map((contact, at) => `NK1|${at + 1}|${contact}`),
      ),
    )
      .resources.filter(({ resource }) => resource.resourceType === 'RelatedPerson')
      .map(({ key }) => key);
  const [child, other] = ['|CHD^kind^HL70063||0612345678', '|CHD^kind^HL70063||0687654321'];
  const keys = keysOf(child, other);
  expect(new Set(keys).size).toBe(2);
  expect(keysOf(other, child)).toEqual(keys.toReversed());
  expect(keysOf(other)).toEqual(keys.slice(1));
});
