/** OBX that holds several values, and OBX that stands with a specimen (source-formats.md 3.5). */
import { expect, test } from 'vitest';
import { er7, msh, one, only, PID, resourcesOf } from './messages.ts';

const oru = (obx: string) =>
  only(er7(msh('ORU^R01'), PID, 'OBR|1|A-1|L-1|BB^Bloedbeeld^L||||||||||||||||||||||F', obx));

test.each([
  [
    'numbers',
    'OBX|1|NM|8867-4^Hartfrequentie^LN||60~72~81|/min|||||F',
    { valueQuantity: { value: 60 } },
    [{ valueQuantity: { value: 72, unit: '/min' } }, { valueQuantity: { value: 81 } }],
  ],
  [
    'codes',
    'OBX|1|CWE|KWEEK^Kweek^L||112283007^E. coli^SCT~3092008^S. aureus^SCT||||||F',
    { valueCodeableConcept: { coding: [{ code: '112283007' }] } },
    [{ valueCodeableConcept: { coding: [{ code: '3092008' }] } }],
  ],
])('of several %s the first is the value and the others are components', (...[, obx, of, more]) => {
  const message = oru(obx);
  const found = one(message, 'Observation');
  expect(found).toMatchObject(of);
  expect(found['component']).toMatchObject(more);
  for (const component of found['component'] as { code: unknown }[]) {
    expect(component.code).toEqual(found['code']);
  }
  expect(message.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
});

test.each([
  ['text', 'OBX|1|TX|OPM^Opmerking^L||eerste regel~tweede regel||||||F'],
  ['what is no number', 'OBX|1|NM|OPM^Opmerking^L||eerste regel~tweede regel||||||F'],
])('%s over several repetitions is one text', (_kind, obx) => {
  const found = one(oru(obx), 'Observation');
  expect(found).toMatchObject({ valueString: 'eerste regel\ntweede regel' });
  expect(found).not.toHaveProperty('component');
});

test('an observation of a specimen before the orders on it belongs to the specimen', () => {
  const message = only(
    er7(
      msh('OUL^R22'),
      PID,
      'SPM|1|S-1&ZIS^M-1&LIS||BLD^Bloed^HL70487|||||||||||||20260302080500',
      'OBX|1|ST|HEM^Hemolyse^L||licht||||||F',
      'OBR|1|A-1|L-1|BB^Bloedbeeld^L||||||||||||||||||||||F',
      'ORC|SC|A-1|L-1',
      'OBX|1|NM|718-7^Hemoglobine^LN||7.9|mmol/l|||||F',
    ),
  );
  const found = resourcesOf(message, 'Observation').find((it) => it['valueString'] === 'licht');
  const specimen = message.resources.find(({ resource }) => resource.resourceType === 'Specimen');
  expect(found).toMatchObject({
    status: 'final',
    effectiveDateTime: '2026-03-02T08:05:00+01:00',
    specimen: { reference: specimen?.fullUrl },
  });
});
