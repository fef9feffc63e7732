/** What a document by ITI-65 must say of itself: source-formats.md section 6. */
import { expect, test } from 'vitest';
import { missingMetadata } from '../../../src/ingest/fhir-push/document-metadata.ts';

const PROFILES = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.';
const coded = { coding: [{ code: 'x' }] };
const whole = {
  resourceType: 'DocumentReference',
  meta: { profile: [`${PROFILES}Comprehensive.DocumentReference`] },
  masterIdentifier: { value: '1' },
  type: coded,
  category: [coded],
  securityLabel: [coded],
  content: [{ format: { code: 'f' }, attachment: { url: 'Binary/1' } }],
  context: { facilityType: coded, practiceSetting: coded },
};
const places = (document: object, profile = 'Comprehensive.DocumentReference') =>
  missingMetadata(
    { resourceType: 'DocumentReference', ...document, meta: { profile: [PROFILES + profile] } },
    'here',
  ).map(({ place }) => place);

test('a comprehensive document that has all of it has nothing to be told of', () => {
  expect(places(whole)).toEqual([]);
});

test.each([
  ['masterIdentifier', { ...whole, masterIdentifier: undefined }],
  ['securityLabel', { ...whole, securityLabel: [] }],
  ['content.format', { ...whole, content: [...whole.content, { attachment: {} }] }],
  ['context.facilityType', { ...whole, context: { practiceSetting: coded } }],
])('without %s', (path, document) => {
  expect(places(document)).toEqual([`here.${path}`]);
  expect(places(document, 'UnContained.Comprehensive.DocumentReference')).toHaveLength(1);
});

test('one that claims no more than the minimum is asked for no more', () => {
  expect(places({}, 'Minimal.DocumentReference')).toEqual([]);
  expect(missingMetadata({ resourceType: 'DocumentReference' }, 'here')).toEqual([]);
});
