/** What a resource is called on the pages of the person whose it is. */
import { expect, it } from 'vitest';
import { titleOf } from '../../src/consent/own-title.ts';

it.each([
  ['its code', { code: { text: 'Gewicht' }, category: { text: 'meting' } }, 'Gewicht'],
  [
    'the medicine that it points at, before what kind of line it is',
    {
      category: { text: 'Toedieningsafspraak' },
      medicationReference: { reference: 'Medication/1', display: 'FUROSEMIDE TABLET 40MG' },
    },
    'FUROSEMIDE TABLET 40MG',
  ],
  [
    'what kind of line it is, when nothing says more',
    {
      category: { coding: [{ display: 'Verstrekking' }] },
      medicationReference: { reference: 'M/1' },
    },
    'Verstrekking',
  ],
  ['why a visit was', { reasonCode: [{ text: 'Eczeem' }], location: [] }, 'Eczeem'],
  ['where a visit was', { location: [{ location: { display: 'Dermatologie' } }] }, 'Dermatologie'],
  [
    'with whom an appointment is, never the person',
    {
      participant: [
        { actor: { reference: 'Patient/1', display: 'Sam Meting' } },
        { actor: { reference: 'Practitioner/2', display: 'M. van Buren' } },
      ],
    },
    'M. van Buren',
  ],
  ['the device that is used', { device: { display: 'Rollator' } }, 'Rollator'],
] as const)('a resource is called by %s', (_by, resource, title) => {
  expect(titleOf(resource)).toBe(title);
});

it('is called nothing when its source says nothing', () => {
  expect(titleOf({ code: { coding: [{ code: '1' }] } })).toBeUndefined();
  expect(titleOf({ participant: [{ status: 'accepted' }], location: [{}] })).toBeUndefined();
});
