/** A link to what is withheld does not leave, wherever it stands: consent.md 7.2 and 7.3. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';
import {
  choose,
  condition,
  entry,
  HOSPITALS_TO_GPS,
  observation,
  patientOf,
  person,
  transaction,
  urn,
} from '../support/people.ts';

let gateway: Gateway;
const one = person(35);
const names: string[] = [];

beforeAll(async () => {
  gateway = await openGateway();
  const [self, hidden, shown] = [urn('self'), urn('hidden'), urn('shown')];
  const linking = (target: string) => ({
    text: {
      status: 'generated',
      div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${target}">meer</a></div>`,
    },
    extension: [{ url: 'https://example.org/of', valueUri: target }],
  });
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(one)),
      entry(hidden, condition('hidden', self)),
      entry(shown, observation('shown', self)),
      entry(urn('a'), observation('a', self, linking(hidden))),
      entry(urn('b'), observation('b', self, linking(shown))),
    ]),
  );
  for (const { response } of sent.json<{ entry: { response: { location: string } }[] }>().entry) {
    names.push(/(\w+\/[^/]+)\/_history/.exec(response.location)?.[1] ?? '');
  }
  await choose(gateway, one, [
    HOSPITALS_TO_GPS,
    { ...HOSPITALS_TO_GPS, type: 'deny', data: { level: 'type', value: 'Condition' } },
  ]);
});
afterAll(() => gateway.close());

it.each(['r4', 'stu3'])('is left out of addresses and narratives (%s)', async (version) => {
  const token = await gateway.token('partner-huisarts');
  const read = (name: string) => gateway.ask(`/fhir/${version}/${name}`, { token });
  const [, hidden = '', shown = '', a = '', b = ''] = names;
  expect((await read(hidden)).statusCode).toBe(404);
  const without = (await read(a)).json();
  expect(without.id).toBe(a.split('/')[1]);
  expect([without.text, without.extension]).toEqual([undefined, undefined]);
  const whole = (await read(b)).json();
  expect(whole.text.div).toContain(`href="${shown}"`);
  expect(whole.extension[0].valueUri).toBe(shown);
  const all = await gateway.ask(`/fhir/${version}/Observation?patient=${names[0]}`, { token });
  expect(all.json().total).toBe(3);
  expect(all.body).not.toContain(hidden);
});
