/** What FHIR requires and a message lacks is told as absent: source-formats.md 2.3. */
import { describe, expect, test } from 'vitest';
import { R4 } from '../../../src/conformance/fhir-version.ts';
import { type Resource, validateInline } from '../../../src/conformance/index.ts';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { cdaDocument, labResult, labSections } from './laboratory-messages.ts';
import { ANNA, dispense, dispenseSubject, line, message } from './own-messages.ts';

const UNKNOWN = {
  extension: [
    {
      url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
      valueCode: 'unknown',
    },
  ],
};

function mapped(xml: string): readonly Resource[] {
  const [found] = readHl7v3(Buffer.from(xml), readOverlay('default'));
  const resources = (found?.resources ?? []).map(({ resource }) => resource);
  for (const one of resources) {
    expect(validateInline(one, R4).filter(({ severity }) => severity === 'error')).toEqual([]);
  }
  return resources;
}

const ofType = (resources: readonly Resource[], type: string) =>
  resources.filter(({ resourceType }) => resourceType === type);

const dispensed = message(
  'QURX_IN990113NL',
  dispenseSubject(ANNA, dispense('d-1', line('1 tablet', ''))),
);
const document = cdaDocument(labSections('Kalium', labResult({ code: '2951-2' })));

describe('of a message that lacks it', () => {
  test('the medicine of a dispense is unknown', () => {
    const found = mapped(dispensed.replace(/<MedicationKind>.*?<\/MedicationKind>/s, ''));
    for (const one of ofType(found, 'MedicationDispense')) {
      expect(one['medicationCodeableConcept']).toEqual(UNKNOWN);
    }
    expect(ofType(found, 'MedicationDispense').length).toBeGreaterThan(0);
  });

  test('the determination of a result is unknown', () => {
    const found = mapped(document.replace(/<code[^>]*code="2951-2"[^>]*\/>/, ''));
    expect(ofType(found, 'Observation').map(({ code }) => code)).toContainEqual(UNKNOWN);
  });

  test.each([
    ['author', /<author>.*?<\/author>/s, { author: [UNKNOWN] }],
    ['time', /<effectiveTime value="[^"]*"\/>/, { _date: UNKNOWN }],
  ])('the %s of a document is unknown', (_what, part, wanted) => {
    expect(document).toMatch(part);
    const [composition] = ofType(mapped(document.replace(part, '')), 'Composition');
    expect(composition).toMatchObject(wanted);
  });
});
