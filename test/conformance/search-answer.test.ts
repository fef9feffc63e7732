import { describe, expect, it } from 'vitest';
import { R4, STU3 } from '../../src/conformance/fhir-version.ts';
import type { Resource } from '../../src/conformance/resource.ts';
import { patientAnchors } from '../../src/conformance/search-anchors.ts';
import {
  includeTargets,
  revincludeSources,
  revincludeTargets,
} from '../../src/conformance/search-include.ts';
import { lastn } from '../../src/conformance/search-lastn.ts';
import { sortComparator } from '../../src/conformance/search-sort.ts';
import { subsetElements } from '../../src/conformance/search-subset.ts';
import { ask } from './search-ask.ts';

const observation = (id: string, when: string | undefined, ...codes: string[]): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: codes.map((code) => ({ system: 'http://s', code })) },
  ...(when ? { effectiveDateTime: when } : {}),
});
const ids = (resources: readonly Resource[]) => resources.map(({ id }) => id);

describe('$lastn', () => {
  const latest = ask(STU3, 'Observation/$lastn');

  it('keeps the latest of each code', () => {
    const all = [
      observation('a1', '2026-01-01', 'a'),
      observation('a2', '2026-02-01', 'a'),
      observation('b1', '2020', 'b'),
      observation('a0', undefined, 'a'),
    ];
    expect(ids(lastn(latest, all))).toEqual(['a2', 'b1']);
    expect(ids(lastn(ask(R4, 'Observation/$lastn?max=2'), all))).toEqual(['a2', 'a1', 'b1']);
  });

  it('joins codes that occur together, and texts that are the same', () => {
    const all = [
      observation('a', '2026-01-01', 'a'),
      observation('b', '2026-02-01', 'b'),
      observation('ab', '2025-01-01', 'a', 'b'),
      { resourceType: 'Observation', id: 't1', code: { text: 'Pijn' }, effectiveDateTime: '2020' },
      { resourceType: 'Observation', id: 't2', code: { text: 'pijn' }, effectiveDateTime: '2021' },
    ];
    expect(ids(lastn(latest, all))).toEqual(['b', 't2']);
  });

  it('keeps all of the same moment', () => {
    const all = [observation('x', '2026-01-01', 'a'), observation('y', '2026-01-01', 'a')];
    expect(ids(lastn(latest, all))).toEqual(['x', 'y']);
  });

  it('passes over what was entered in error, unless asked for', () => {
    const wrong = { ...observation('w', '2026-03-01', 'a'), status: 'entered-in-error' };
    const all = [observation('x', '2026-01-01', 'a'), wrong];
    expect(ids(lastn(latest, all))).toEqual(['x']);
    const asked = ask(R4, 'Observation/$lastn?status=final,entered-in-error');
    expect(ids(lastn(asked, all))).toEqual(['w']);
  });
});

describe('_sort', () => {
  const all: Resource[] = [
    { ...observation('1', '2026-01-01', 'b'), valueQuantity: { value: 10 } },
    { ...observation('2', '2026-03-01', 'a'), valueQuantity: { value: 9.5 } },
    observation('3', undefined, 'a'),
    { ...observation('4', '2026-01-01', 'a'), valueQuantity: { value: 100 } },
  ];
  it.each([
    ['date', ['1', '4', '2', '3']],
    ['-date', ['2', '1', '4', '3']],
    ['code,-date', ['2', '4', '3', '1']],
    ['value-quantity', ['2', '1', '4', '3']],
    ['-value-quantity', ['4', '1', '2', '3']],
    ['-_id', ['4', '3', '2', '1']],
  ])('%s gives %j', (sort, expected) => {
    expect(ids(all.toSorted(sortComparator(ask(R4, `Observation?_sort=${sort}`))))).toEqual(
      expected,
    );
  });

  it('compares names without case and accents', () => {
    const people = ['Zwart', 'Ärmel', 'berg'].map((family) => ({
      resourceType: 'Patient',
      id: family,
      name: [{ family }],
    }));
    expect(ids(people.toSorted(sortComparator(ask(R4, 'Patient?_sort=family'))))).toEqual([
      'Ärmel',
      'berg',
      'Zwart',
    ]);
  });
});

describe('_include and _revinclude', () => {
  const resource = {
    resourceType: 'Observation',
    subject: { reference: 'Patient/1' },
    encounter: { reference: 'Encounter/2' },
  };

  it('take all references for a star', () => {
    for (const star of ['*', 'Observation:*']) {
      const targets = includeTargets(ask(R4, `Observation?_include=${star}`), resource);
      expect(targets.map(({ reference }) => reference).toSorted()).toEqual([
        'Encounter/2',
        'Patient/1',
      ]);
    }
  });

  it('find the way back', () => {
    const query = ask(R4, 'Encounter?_revinclude=Observation:encounter');
    expect(revincludeSources(query)).toEqual(['Observation']);
    expect(revincludeTargets(query, resource)).toEqual([
      { reference: 'Encounter/2', iterate: false },
    ]);
    expect(includeTargets(query, resource)).toEqual([]);
  });

  it('find the way back from any type for a star', () => {
    const any = ask(R4, 'Encounter?_revinclude=*');
    expect(revincludeSources(any)).toEqual(expect.arrayContaining(['Observation', 'Condition']));
    const references = revincludeTargets(any, resource).map(({ reference }) => reference);
    expect(references).toEqual(expect.arrayContaining(['Encounter/2', 'Patient/1']));
    const ofOne = ask(R4, 'Encounter?_revinclude=Observation:*');
    expect(revincludeSources(ofOne)).toEqual(['Observation']);
    expect(revincludeTargets(ofOne, { ...resource, resourceType: 'Condition' })).toEqual([]);
  });
});

describe('_summary and _elements', () => {
  const patient: Resource = {
    resourceType: 'Observation',
    id: '1',
    meta: { versionId: '2' },
    text: { div: 'x' },
    status: 'final',
    code: { text: 'c' },
    valueString: 'v',
    note: [{ text: 'n' }],
    method: { text: 'm' },
  };
  it.each([
    ['_elements=value', ['resourceType', 'id', 'meta', 'status', 'code', 'valueString']],
    [
      '_elements=Observation.note,Patient.name',
      ['resourceType', 'id', 'meta', 'status', 'code', 'note'],
    ],
    ['_summary=true', ['resourceType', 'id', 'meta', 'status', 'code', 'valueString']],
    ['_summary=text', ['resourceType', 'id', 'meta', 'text', 'status', 'code']],
    [
      '_summary=data',
      ['resourceType', 'id', 'meta', 'status', 'code', 'valueString', 'note', 'method'],
    ],
  ])('%s', (asked, expected) => {
    const subset = subsetElements(ask(R4, `Observation?${asked}`), patient);
    expect(Object.keys(subset).toSorted()).toEqual(expected.toSorted());
    expect(subset.meta?.tag?.at(-1)?.code).toBe('SUBSETTED');
    expect(patient.meta?.tag).toBeUndefined();
  });

  it('give the whole resource when nothing less is asked', () => {
    expect(subsetElements(ask(R4, 'Observation?_summary=false'), patient)).toBe(patient);
  });
});

const TWO = { references: ['Patient/p1', 'Patient/p2'], identifiers: [] };

describe('the person that a search is confined to', () => {
  it.each([
    ['Observation?patient=p1', { references: ['Patient/p1'], identifiers: [] }],
    ['Observation?subject=Patient/p1&code=a', { references: ['Patient/p1'], identifiers: [] }],
    ['Patient?_id=p1', { references: ['Patient/p1'], identifiers: [] }],
    ['Observation?subject=p1', { references: ['Patient/p1'], identifiers: [] }],
    ['Observation?subject=g1&patient=p1', { references: ['Patient/p1'], identifiers: [] }],
    ['Appointment?actor=Patient/p1', { references: ['Patient/p1'], identifiers: [] }],
    ['Appointment?actor=p1', { references: ['Patient/p1'], identifiers: [] }],
    [
      'Appointment?actor=Practitioner/a&patient=p1',
      { references: ['Patient/p1'], identifiers: [] },
    ],
    ['Coverage?beneficiary=p1', { references: ['Patient/p1'], identifiers: [] }],
    [
      'Coverage?beneficiary.identifier=http://s|1',
      { references: [], identifiers: [{ system: 'http://s', value: '1' }] },
    ],
    ['Observation?patient._id=p1', { references: ['Patient/p1'], identifiers: [] }],
    ['Observation?subject:Patient._id=p1,p2', TWO],
    [
      'Patient?identifier=http://s|1',
      { references: [], identifiers: [{ system: 'http://s', value: '1' }] },
    ],
    [
      'Observation?patient.identifier=http://s|1',
      { references: [], identifiers: [{ system: 'http://s', value: '1' }] },
    ],
    [
      'Observation?subject:identifier=http://s|1',
      { references: [], identifiers: [{ system: 'http://s', value: '1' }] },
    ],
  ])('%s', (search, expected) => expect(patientAnchors(ask(R4, search))).toEqual(expected));

  it.each([
    'Observation?code=a',
    'Observation?subject=Group/1',
    'Observation?patient=Group/1',
    'Observation?performer=Patient/p1',
    'Appointment?actor=Practitioner/p1',
    'Observation?subject:Group=p1',
    'Observation?encounter._id=p1',
    'Observation?subject:Group._id=p1',
    'Patient?_id:not=p1',
    'Observation?patient._id:not=p1',
    'Patient?identifier=1',
    'Patient?name=a',
  ])('is open in %s', (search) => expect(patientAnchors(ask(R4, search))).toBeUndefined());
});
