import { describe, expect, it } from 'vitest';
import { isFhirXml, readUnlabelled } from '../../../src/ingest/fhir-push/read-unlabelled.ts';
import { Problem } from '../../../src/platform/problem.ts';

const xml = (inside: string, type: string) =>
  Buffer.from(`<${type} xmlns="http://hl7.org/fhir">${inside}</${type}>`);
const json = (resource: unknown) => Buffer.from(JSON.stringify(resource));

describe('FHIR without a version', () => {
  it.each([
    ['STU3', xml('<status value="active"/><intent value="order"/>', 'ProcedureRequest')],
    ['R4', xml('<status value="active"/><intent value="order"/>', 'ServiceRequest')],
    ['R4', xml('<active value="true"/>', 'Patient')],
  ])('in XML is %s by the types that it names', (version, bytes) => {
    expect(readUnlabelled(bytes, 'xml').version.name).toBe(version);
  });

  it('in a bundle is what its entries are', () => {
    const statement = { resourceType: 'MedicationStatement', status: 'active', taken: 'y' };
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: statement }] };
    expect(readUnlabelled(json(bundle), 'json').version.name).toBe('STU3');
    const newer = { resourceType: 'Encounter', status: 'finished', reasonCode: [{ text: 'x' }] };
    const other = { ...bundle, entry: [{ resource: newer }] };
    expect(readUnlabelled(json(other), 'json').version.name).toBe('R4');
  });

  it('that neither version knows is refused', () => {
    expect(() => readUnlabelled(xml('<a value="1"/>', 'Nothing'), 'xml')).toThrow(Problem);
    const odd = { resourceType: 'Bundle', type: 'collection', entry: [null, 5, {}] };
    expect(readUnlabelled(json(odd), 'json').root.resourceType).toBe('Bundle');
  });
});

it.each([
  ['<Bundle xmlns="http://hl7.org/fhir">', true],
  ['<?xml version="1.0"?><!-- <x:A --><f:Bundle xmlns:f="http://hl7.org/fhir">', true],
  ['<v:POOB_IN000001NL xmlns:v="urn:hl7-org:v3" xmlns:f="http://hl7.org/fhir">', false],
  ['<POOB_IN000001NL xmlns="urn:hl7-org:v3" xmlns:f="http://hl7.org/fhir">', false],
])('XML is FHIR by the namespace of its first element: %s', (start, isFhir) => {
  expect(isFhirXml(start)).toBe(isFhir);
});
