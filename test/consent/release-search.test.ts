/**
 * What a search finds, and in which order, rests on what its answer shows: where a reference is
 * left out because it leads to what is withheld, no question about it is answered either
 * (consent.md 7.2).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  type Json,
  letter,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
const one = person(36);
const ids = new Map<string, string>();

const CLOSED = {
  meta: {
    security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }],
  },
};
const self = urn('self');
const encounter = (more: Json = {}): Json => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
  subject: { reference: self },
  ...more,
});
const at = (reference: string) => ({ encounter: { reference } });

/** What is hidden is named first; all else refers to it, or does not. */
const RECORD: Readonly<Record<string, Json>> = {
  hidden: encounter(CLOSED),
  place: { resourceType: 'Location', name: 'Gesloten', ...CLOSED },
  visit: encounter({
    location: [
      { location: { reference: urn('place') }, period: { start: '2026-01-05', end: '2026-01-06' } },
    ],
  }),
  linked: observation('linked', self, {
    ...at(urn('hidden')),
    effectiveDateTime: '2026-01-09T09:00:00+01:00',
  }),
  plain: observation('plain', self),
  because: condition('because', self, {
    ...at(urn('visit')),
    evidence: [{ detail: [{ reference: urn('hiddenResult') }] }],
  }),
  hiddenResult: observation('hiddenResult', self, CLOSED),
  report: {
    resourceType: 'DiagnosticReport',
    status: 'final',
    code: { text: 'gewicht' },
    subject: { reference: self },
    result: [{ reference: urn('linked') }],
  },
};

beforeAll(async () => {
  gateway = await openGateway();
  const documents = [
    ...letter('old', self, { document: CLOSED, bytes: Buffer.from('%PDF-1.4 oud') }),
    ...letter('new', self, {
      bytes: Buffer.from('%PDF-1.4 nieuw'),
      document: {
        relatesTo: [{ code: 'appends', target: { reference: urn('old/document') } }],
      },
    }),
  ];
  const named = Object.entries(RECORD).map(([name, resource]) => entry(urn(name), resource));
  const sent = await gateway.send(
    'epd-proef',
    transaction([entry(self, patientOf(one)), ...named, ...documents]),
  );
  const { entry: answers } = sent.json<{ entry: { response: { location: string } }[] }>();
  for (const [place, name] of ['self', ...Object.keys(RECORD)].entries()) {
    const { location = '' } = answers[place]?.response ?? {};
    ids.set(name, /([^/]+)\/_history/.exec(location)?.[1] ?? '');
  }
  await choose(gateway, one, [HOSPITALS_TO_GPS]);
});
afterAll(() => gateway.close());

interface Found {
  readonly total: number;
  readonly entry?: readonly { readonly resource: { readonly id: string } }[];
}

async function found(type: string, query: string, version = 'r4'): Promise<Found> {
  const token = await gateway.token('partner-huisarts');
  const filled = query.replace(/\{(\w+)\}/g, (_all, name: string) => ids.get(name) ?? '');
  const path = `/fhir/${version}/${type}?patient=${ids.get('self')}&${filled}`;
  return (await gateway.ask(path, { token })).json<Found>();
}

describe('a question about what an answer does not show', () => {
  it.each([
    ['Observation', '_count=5', 2],
    ['Encounter', '_count=5', 1],
    ['Condition', '_count=5', 1],
    ['DocumentReference', '_count=5', 1],
    ['DiagnosticReport', 'result.code=29463-7', 1],
  ])('is beside what may be seen: %s?%s', async (type, query, total) => {
    expect((await found(type, query)).total).toBe(total);
  });

  it.each([
    ['DiagnosticReport', 'result.encounter:missing=false'],
    ['DiagnosticReport', 'result.encounter=Encounter/{hidden}'],
    ['DiagnosticReport', 'result._content={hidden}'],
    ['Encounter', '_has:Condition:encounter:evidence-detail:missing=false'],
    ['Encounter', '_has:Condition:encounter:evidence-detail=Observation/{hiddenResult}'],
    // What stands beside such a reference is left out with it.
    ['Encounter', 'location-period=2026'],
    ['DocumentReference', 'relation=appends'],
  ])('finds nothing: %s?%s', async (type, query) => {
    expect((await found(type, query)).total).toBe(0);
  });

  it('finds nothing in STU3 either', async () => {
    expect((await found('Encounter', 'location-period=2026', 'stu3')).total).toBe(0);
    const chained = await found('DiagnosticReport', 'result.context:missing=false', 'stu3');
    expect(chained.total).toBe(0);
  });

  it.each(['encounter,date', '-encounter,date'])('gives no order: _sort=%s', async (sort) => {
    const { entry = [] } = await found('Observation', `_sort=${sort}`);
    expect(entry.map(({ resource }) => resource.id)).toEqual(
      ['plain', 'linked'].map((name) => ids.get(name)),
    );
  });
});
