/** What a decision may know of a resource, and the labels it gets on the way in. */
import { describe, expect, it } from 'vitest';
import { factsOf, isListed, readQueryList } from '../../src/permission/index.ts';

const options = { custodian: 'h', recorded: '2026-03-01T00:00:00Z' };
const coded = (system: string, code: string) => ({ coding: [{ system, code }] });

describe('facts of a resource', () => {
  it.each([
    ['http://hl7.org/fhir/sid/icd-10', 'F32.1', 'PSY'],
    ['http://hl7.org/fhir/sid/icd-10', 'B20.0', 'HIV'],
    ['http://snomed.info/sct', '86406008', 'HIV'],
    ['http://hl7.org/fhir/sid/icpc-1-nl', 'P76', 'PSY'],
    ['http://hl7.org/fhir/sid/icpc-1-nl', 'Z25', 'SDV'],
  ])('%s %s gives %s', (system, code, topic) => {
    const condition = { resourceType: 'Condition', id: 'c', code: coded(system, code) };
    expect(factsOf(condition, options).labels).toContain(topic);
  });

  it('medication that gives the diagnosis away carries its topic, also when contained', () => {
    const request = {
      resourceType: 'MedicationRequest',
      contained: [
        { resourceType: 'Medication', code: coded('http://www.whocc.no/atc', 'J05AR20') },
      ],
    };
    expect(factsOf(request, options)).toMatchObject({ category: 'GGC013', labels: ['HIV'] });
  });

  it('labels that came with it stay, whatever the codes say', () => {
    const security = [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'V' },
      { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'SDV' },
    ];
    const report = { resourceType: 'DocumentReference', meta: { security }, date: '2020-01-01' };
    const facts = factsOf(report, { ...options, labels: ['third-party'] });
    expect(facts.labels).toEqual(['SDV', 'V', 'third-party']);
  });

  it.each([
    ['COGN', ['PSY']],
    ['SICKLE', ['GDIS']],
    ['TBOO', ['R']],
    ['CELEB', ['R']],
    // Not about sensitivity: what to do with it, or where it was made.
    ['ENCRYPT', []],
  ])('a label %s of the same code system shields as %j', (code, labels) => {
    const system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
    const note = { resourceType: 'Condition', meta: { security: [{ system, code }] } };
    expect(factsOf(note, options).labels).toEqual(labels);
  });

  it('an unlabelled blood pressure is plain, and a laboratory result a result', () => {
    const observation = { resourceType: 'Observation', code: coded('http://loinc.org', '85354-9') };
    expect(factsOf(observation, options)).toMatchObject({ category: 'GGC002', labels: [] });
    const category = [
      coded('http://terminology.hl7.org/CodeSystem/observation-category', 'laboratory'),
    ];
    expect(factsOf({ ...observation, category }, options).category).toBe('GGC012');
  });

  it.each([
    ['S', true],
    ['O', true],
    ['E', false],
    ['P', false],
  ])('a journal line %s is a working note: %s', (line, note) => {
    const code = coded('http://fhir.nl/fhir/NamingSystem/journaalregeltypen', line);
    const { labels } = factsOf({ resourceType: 'Observation', code }, options);
    expect(labels.includes('working-note')).toBe(note);
  });

  it('knows author, clinical date and the episode it belongs to', () => {
    const condition = {
      resourceType: 'Condition',
      id: 'c',
      onsetDateTime: '2019-05-01',
      recordedDate: '2020-01-01',
      recorder: { reference: 'https://h.example/fhir/Practitioner/x/_history/2' },
      encounter: { reference: 'Encounter/e' },
    };
    expect(factsOf(condition, options)).toMatchObject({
      authors: ['Practitioner/x'],
      date: '2019-05-01',
      related: ['Encounter/e'],
    });
    expect(factsOf({ resourceType: 'Flag' }, options).date).toBe(options.recorded);
  });
});

describe('a closed list of queries', () => {
  const list = readQueryList('queries-bgz');
  it.each([
    ['Condition?_count=20', true],
    ['Immunization?status=completed', true],
    ['Immunization?status=completed,entered-in-error', false],
    ['Immunization', false],
    ['Condition?_include=Condition:*', false],
    ['Condition?patient=Patient/another', false],
    ['Condition/1', false],
    ['DocumentReference/1', true],
    ['DocumentReference/1/_history', false],
    ['condition', false],
  ])('%s: %s', (request, listed) => {
    expect(isListed(list, request) !== undefined).toBe(listed);
  });
});
