/** Where a person is, was or will be, by the event (HL7 v2.5 3.3, source-formats.md 3.4). */
import { expect, test } from 'vitest';
import { er7, msh, one, only, PID } from './messages.ts';

const visit = (event: string, leaves = '') =>
  only(
    er7(
      msh(`ADT^${event}`),
      `EVN|${event}|20260302101400`,
      PID,
      `PV1|1|I|4A^12^1||||||||||||||||V-1|||||||||||||||||||||||||20260301093000|${leaves}`,
    ),
  );

test.each([
  ['A01', '', 'active'],
  ['A02', '', 'active'],
  ['A05', '', 'planned'],
  ['A03', '20260303110000', 'completed'],
  ['A08', '20260303110000', 'completed'],
  ['A13', '20260303110000', 'active'],
  ['A11', '', undefined],
  ['A23', '', undefined],
])('after %s the place is as the event says', (event, leaves, status) => {
  const location = one(visit(event, leaves), 'Encounter')['location'] as { status?: string }[];
  expect(location.map((it) => it.status)).toEqual([status]);
});

test('a passport that the ministry gave out is no citizen number', () => {
  const withPassport = PID.replace('~0012345', '~NX5X40223^^^NLMINBIZA^PPN~0012345');
  const message = only(er7(msh('ADT^A31'), 'EVN|A31|20260302101400', withPassport));
  const numbers = one(message, 'Patient')['identifier'] as { system: string; value: string }[];
  expect(numbers.map(({ system }) => system).slice(0, 2)).toEqual([
    'http://fhir.nl/fhir/NamingSystem/bsn',
    'http://hl7.org/fhir/sid/passport-NLD',
  ]);
});
