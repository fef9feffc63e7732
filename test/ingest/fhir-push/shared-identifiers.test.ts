/** The number of an order in every result of it (source-formats.md 2.6). */
import { describe, expect, it } from 'vitest';
import { fhirFormat } from '../../../src/ingest/fhir-push/fhir-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { Problem } from '../../../src/platform/problem.ts';
import { type Json, patientOf, person, urn } from '../../support/people.ts';

const one = person(232);
const self = urn(one.bsn);

function read(...entries: Json[]) {
  const all = [
    { fullUrl: self, resource: patientOf(one), request: { method: 'POST', url: 'Patient' } },
    ...entries,
  ];
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: all };
  const [message] = fhirFormat.read(Buffer.from(JSON.stringify(bundle)), readOverlay('default'));
  if (!message) throw new Error('nothing read');
  return message;
}

function result(name: string, code: string, value: number, more: Json = {}): Json {
  return {
    fullUrl: urn(name),
    resource: {
      resourceType: 'Observation',
      status: 'final',
      identifier: [{ system: 'https://lab.example/order', value: 'A-1' }],
      code: { coding: [{ system: 'http://loinc.org', code }] },
      subject: { reference: self },
      valueQuantity: { value },
      ...more,
    },
    request: { method: 'POST', url: 'Observation' },
  };
}

const keysOf = (message: ReturnType<typeof read>) =>
  message.resources
    .filter(({ resource }) => resource.resourceType === 'Observation')
    .map(({ key }) => key);

describe('results that carry the number of their order', () => {
  it('are as many results, and the sender is told', () => {
    const message = read(result('k', '2823-3', 4.2), result('na', '2951-2', 140));
    expect(new Set(keysOf(message)).size).toBe(2);
    expect(message.issues.filter(({ code }) => code === 'identity-twice')).toHaveLength(2);
  });

  it('keep what they are known by, in whatever order they come and however they change', () => {
    const first = keysOf(read(result('k', '2823-3', 4.2), result('na', '2951-2', 140)));
    const later = keysOf(read(result('na2', '2951-2', 141), result('k2', '2823-3', 4.4)));
    expect(later.toReversed()).toEqual(first);
  });

  it('are counted where even their code is one', () => {
    const message = read(result('a', '2823-3', 4.2), result('b', '2823-3', 4.9));
    expect(new Set(keysOf(message)).size).toBe(2);
  });

  it('are one where the sender says the same twice, or gives them one id', () => {
    expect(new Set(keysOf(read(result('a', '2823-3', 4.2), result('b', '2823-3', 4.2)))).size).toBe(
      1,
    );
    const id = { id: 'r-1' };
    const twice = read(result('a', '2823-3', 4.2, id), result('b', '2823-3', 4.9, id));
    expect(new Set(keysOf(twice)).size).toBe(1);
  });
});

it('two documents of one bundle under the same unique id are refused', () => {
  const document = (name: string, text: string): Json => ({
    fullUrl: urn(name),
    resource: {
      resourceType: 'DocumentReference',
      status: 'current',
      masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:2.999.1' },
      subject: { reference: self },
      content: [
        { attachment: { contentType: 'text/plain', data: Buffer.from(text).toString('base64') } },
      ],
    },
    request: { method: 'POST', url: 'DocumentReference' },
  });
  expect(() => read(document('d1', 'een'), document('d2', 'twee'))).toThrow(Problem);
});

describe('a reference to an entry that the bundle does not hold', () => {
  it('is told, and the result is taken', () => {
    const message = read(result('k', '2823-3', 4.2, { performer: [{ reference: urn('nobody') }] }));
    expect(message.issues).toContainEqual(
      expect.objectContaining({
        code: 'dangling-reference',
        place: 'Bundle.entry[1].resource.performer[0].reference',
      }),
    );
  });

  it('from a submission is a document that is missing', () => {
    const submission: Json = {
      fullUrl: urn('list'),
      resource: {
        resourceType: 'List',
        status: 'current',
        mode: 'working',
        code: { coding: [{ code: 'submissionset' }] },
        subject: { reference: self },
        entry: [{ item: { reference: urn('letter') } }],
      },
      request: { method: 'POST', url: 'List' },
    };
    try {
      read(submission);
      expect.unreachable();
    } catch (error) {
      const { code, expression } = Problem.from(error);
      expect([code, ...expression]).toEqual([
        'document-missing',
        'Bundle.entry[1].resource.entry[0].item.reference',
      ]);
    }
  });
});
