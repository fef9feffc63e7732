/** The named tries by an id or identifier that somebody has of what is withheld. */
import { askIn, CLOSED, entriesIn, FORMS, patientIn, seen, type Version } from './in-every-form.ts';
import type { Ask } from './line.ts';
import { personOf, placeOf, sendBundle } from './send-bundle.ts';
import { conditionsOf, expectations, item, permit, stage, type Try } from './tries.ts';
import { hex } from './world.ts';

const conditionalCreate: Try = {
  number: 7,
  name: 'a conditional create on what another holder has',
  async run(ground) {
    const { to, random } = ground;
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [item('11', 'Condition', holder, CLOSED)],
      (holder, reader) => [permit(holder, reader)],
    );
    const other = to.holders.find(({ name }) => name !== set.holder.name);
    for (const form of FORMS) {
      const answers = await Promise.all(
        [`${set.world.code}-11`, `${hex(random, 8)}-11`].map(async (value) => {
          const { status, body } = await askIn(ground, set, form, {
            path: 'Condition',
            method: 'POST',
            headers: {
              'content-type': 'application/fhir+json',
              'if-none-exist': `identifier=urn:attack:item|${value}`,
            },
            body: JSON.stringify({ resourceType: 'Condition' }),
          });
          return `${status} ${body.replaceAll(value, '')}`;
        }),
      );
      equal(`${form.version} ${form.format} by a partner`, answers[0], answers[1]);
    }
    if (!other) return wrong;
    const identifier = [{ system: 'urn:attack:item', value: `${set.world.code}-11` }];
    const sent = await sendBundle(
      to,
      other.client,
      [
        personOf(set.world),
        { resourceType: 'Condition', identifier, subject: { reference: placeOf(1) } },
      ],
      `identifier=urn:attack:item|${set.world.code}-11`,
    );
    equal(
      'by another holder: the id of what it has',
      sent.body.includes(set.ids.get('11') ?? '-'),
      false,
    );
    return wrong;
  },
};

const binaries: Try = {
  number: 8,
  name: 'the bytes of a document by an id from before',
  async run(ground) {
    const { to } = ground;
    const { wrong, equal } = expectations();
    const set = await stage(
      ground,
      (holder) => [item('11', 'DocumentReference', holder, { binary: true })],
      (holder, reader) => [permit(holder, reader)],
    );
    const read = async (version: Version, accept: string) =>
      askIn(
        ground,
        set,
        { version, format: 'json' },
        {
          path: 'Binary/{binary:11}',
          headers: { accept },
        },
      );
    const accepts = ['application/fhir+json', 'application/fhir+xml', 'application/pdf', '*/*'];
    equal('before the withdrawal', (await read('r4', 'application/pdf')).status, 200);
    await to.withdrawAll(set.world);
    for (const version of ['r4', 'stu3'] as const) {
      for (const accept of accepts)
        equal(`${version} ${accept}`, (await read(version, accept)).status, 404);
    }
    const guess = await askIn(ground, set, { version: 'r4', format: 'json' }, { path: 'Binary/1' });
    equal('a guess', guess.status, 404);
    return wrong;
  },
};

/** Sends each question about the withheld and about what never was. */
function compared(number: number, name: string, asks: readonly ((id: string) => Ask)[]): Try {
  return {
    number,
    name,
    async run(ground) {
      const { wrong, equal } = expectations();
      const set = await stage(
        ground,
        (holder) => [item('11', 'Condition', holder, CLOSED)],
        (holder, reader) => [permit(holder, reader)],
      );
      const hidden = set.ids.get('11') ?? '';
      const never = hidden.replace(/[0-9a-f]{12}$/, hex(ground.random, 12));
      for (const form of FORMS) {
        for (const [at, ask] of asks.entries()) {
          const [there, absent] = await Promise.all(
            [hidden, never].map(async (id) => {
              const answer = await askIn(ground, set, form, ask(id));
              return `${answer.status} ${seen(answer, id)}`;
            }),
          );
          equal(`${form.version} ${form.format} question ${at + 1}`, there, absent);
        }
      }
      return wrong;
    },
  };
}

const graphql = compared(21, 'aliases and fragments over what is withheld', [
  (id) => ({ path: `$graphql?query={a:Condition(id:%22${id}%22){id}}` }),
  (id) => ({ path: `Condition/${id}/$graphql?query={id}` }),
  (id) => ({
    path: '$graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `query{a:Condition(id:"${id}"){...f}} fragment f on Condition{id code{text}}`,
    }),
  }),
]);

const patch = (type: string, to: string): Ask => ({
  path: `${type}`,
  method: 'PATCH',
  headers: { 'content-type': 'application/json-patch+json' },
  body: JSON.stringify([{ op: 'add', path: '/entry/-', value: { item: { reference: to } } }]),
});
const patchedList = compared(23, 'a patch of a List that names what is withheld', [
  (id) => patch('List/1', `Condition/${id}`),
  (id) => patch(`List/${id}`, `Condition/${id}`),
  (id) => patch(`Condition/${id}`, `Condition/${id}`),
]);

const TELLING = 'Polikliniek Psychiatrie';

const displays: Try = {
  number: 25,
  name: 'names of what is withheld in narrative and references',
  async run(ground) {
    const { to, random } = ground;
    const { wrong, equal } = expectations();
    const set = await conditionsOf(ground, ['11']);
    const code = hex(random, 8);
    const sent = await sendBundle(to, set.holder.client, [
      personOf(set.world),
      {
        resourceType: 'Encounter',
        identifier: [{ system: 'urn:attack:item', value: `${code}-01` }],
        meta: {
          security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }],
        },
        status: 'finished',
        class: {
          system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
          code: 'AMB',
          display: 'poli',
        },
        subject: { reference: placeOf(1) },
        period: { start: '2025-01-01T10:00:00+01:00', end: '2025-01-01T10:30:00+01:00' },
      },
      {
        resourceType: 'Condition',
        identifier: [{ system: 'urn:attack:item', value: `${code}-12` }],
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml">${TELLING}</div>`,
        },
        code: { coding: [{ system: 'http://snomed.info/sct', code: '38341003' }] },
        subject: { reference: placeOf(1) },
        encounter: { reference: placeOf(2), display: TELLING },
      },
    ]);
    equal('the bundle', sent.status, 200);
    for (const form of FORMS) {
      const path = `Condition?patient=${patientIn(set)}`;
      const answer = await askIn(ground, set, form, { path });
      equal(`${form.version} ${form.format} entries`, entriesIn(answer), 2);
      equal(`${form.version} ${form.format} name`, answer.body.includes(TELLING), false);
    }
    return wrong;
  },
};

export const BY_ID: readonly Try[] = [conditionalCreate, binaries, graphql, patchedList, displays];
