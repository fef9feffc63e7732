/** The questions that the test suites of known servers ask of search, through the door. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import { patientOf, person } from '../support/people.ts';
import { CASES, type SearchCase } from './search-cases/cases.ts';

let gateway: Gateway;
let token: string;

beforeAll(async () => {
  gateway = await openGateway();
  token = await gateway.token('epd-proef');
});
afterAll(() => gateway.close());

interface Found {
  readonly total?: number;
  readonly entry?: readonly { resource: { id: string }; search: { mode: string } }[];
}

/** The record of a case, each resource under its key after the prefix. @returns its Patient */
async function record(number: number, { resources }: SearchCase): Promise<string> {
  const made = await gateway.ask('/fhir/r4/Patient', {
    token,
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify(patientOf(person(200 + number))),
  });
  expect(made.statusCode, made.body).toBe(201);
  const patient = made.json<{ id: string }>().id;
  for (const [key, resource] of Object.entries(resources)) {
    const body = placed(JSON.stringify({ ...resource, id: idOf(number, key) }), number, patient);
    const answer = await gateway.ask(`/fhir/r4/${resource['resourceType']}/${idOf(number, key)}`, {
      token,
      method: 'PUT',
      headers: { 'content-type': 'application/fhir+json' },
      body,
    });
    expect(answer.statusCode, `${key}: ${answer.body}`).toBe(201);
  }
  return patient;
}

const idOf = (number: number, key: string): string => `case${number}-${key}`;

function placed(text: string, number: number, patient: string): string {
  return text.replace(/"([A-Z][A-Za-z]+)\/([a-z]+|P)"/g, (_all, type: string, key: string) =>
    key === 'P' ? `"Patient/${patient}"` : `"${type}/${idOf(number, key)}"`,
  );
}

describe.each(CASES.map((one, number) => [one.about, one, number] as const))(
  'searching by %s',
  (_about, one, number) => {
    let patient: string;
    beforeAll(async () => {
      patient = await record(number, one);
    });

    it.each(one.asked)(`${one.type}?%s`, async (query, keys) => {
      const own = query.replace(/\{(\w+)\}/g, (_all, key: string) => idOf(number, key));
      const answer = await gateway.ask(
        `/fhir/r4/${one.type}?patient=${patient}&${own}&_count=100`,
        { token, headers: { prefer: 'handling=strict' } },
      );
      expect(answer.statusCode, answer.body).toBe(200);
      const body = answer.json<Found>();
      const found = (body.entry ?? []).map(({ resource }) =>
        resource.id.replace(`case${number}-`, ''),
      );
      const sorts = query.includes('_sort');
      expect(sorts ? found : found.toSorted()).toEqual(sorts ? keys : keys.toSorted());
      expect(body.total).toBe(keys.length);
    });
  },
);
