/** Entries that would harm whoever reads or addresses them: refused with their place. */
import { describe, expect, it } from 'vitest';
import { fhirFormat } from '../../../src/ingest/fhir-push/fhir-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { type Json, patientOf, person, urn } from '../../support/people.ts';

const one = person(231);
const self = urn(one.bsn);

function outcome(...entries: Json[]) {
  const all = [
    { fullUrl: self, resource: patientOf(one), request: { method: 'POST', url: 'Patient' } },
    ...entries,
  ];
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: all };
  try {
    fhirFormat.read(Buffer.from(JSON.stringify(bundle)), readOverlay('default'));
  } catch (error) {
    const { code, expression } = Problem.from(error);
    return [code, ...expression];
  }
  return 'accepted';
}

const medicine = (more: Json) => ({
  resource: {
    resourceType: 'MedicationRequest',
    status: 'active',
    intent: 'order',
    medicationCodeableConcept: { text: 'x' },
    subject: { reference: self },
    ...more,
  },
  request: { method: 'POST', url: 'MedicationRequest' },
});
const NICTIZ = 'http://nictiz.nl/fhir/StructureDefinition';
const modifier = (url: string) => ({ modifierExtension: [{ url, valueBoolean: true }] });

describe('a medicine with a modifier extension', () => {
  it('that is known is taken, on the resource and inside its dosage', () => {
    const dosage = modifier(`${NICTIZ}/ext-InstructionsForUse.RepeatPeriodCyclicalSchedule`);
    const stop = modifier(`${NICTIZ}/zib-Medication-StopType`);
    expect(outcome(medicine({ ...stop, dosageInstruction: [dosage] }))).toBe('accepted');
  });

  it('that is not known is refused with its place', () => {
    expect(outcome(medicine(modifier('http://x.example/not-taken')))).toEqual([
      'modifier-extension',
      'Bundle.entry[1].resource.modifierExtension[0]',
    ]);
    expect(outcome(medicine({ dosageInstruction: [modifier('http://x.example/a')] }))).toEqual([
      'modifier-extension',
      'Bundle.entry[1].resource.dosageInstruction[0].modifierExtension[0]',
    ]);
  });
});

it('a Patient that is put under its own BSN is refused: an id stands in addresses', () => {
  const resource = { ...patientOf(one), id: one.bsn };
  const request = { method: 'PUT', url: `Patient/${one.bsn}` };
  expect(outcome({ resource, request })).toEqual(['bsn-in-url', 'Bundle.entry[1].request.url']);
});

it('a modifier extension on what is no medicine is told, with its place', () => {
  const result = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    subject: { identifier: { system: 'urn:x', value: '1' } },
    ...modifier('http://x.example/not-so'),
  };
  const bytes = Buffer.from(JSON.stringify(result));
  const [message] = fhirFormat.read(bytes, readOverlay('default'));
  expect(message?.issues).toContainEqual(
    expect.objectContaining({
      code: 'modifier-extension',
      severity: 'warning',
      place: 'Bundle.entry[0].resource.modifierExtension[0]',
    }),
  );
});

it('rules that a resource says it was made under are told, with their place', () => {
  const result = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    subject: { identifier: { system: 'urn:x', value: '1' } },
    implicitRules: 'http://x.example/rules',
  };
  const bytes = Buffer.from(JSON.stringify(result));
  const [message] = fhirFormat.read(bytes, readOverlay('default'));
  expect(message?.issues.filter(({ code }) => code === 'modifier-extension')).toEqual([
    expect.objectContaining({
      severity: 'warning',
      place: 'Bundle.entry[0].resource.implicitRules',
    }),
  ]);
});
