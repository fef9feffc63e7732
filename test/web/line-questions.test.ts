/** "Dit herken ik niet": from a line on the patient's page to an answer of the right officer (D7). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Visitor } from '../../src/demo/client/browserless.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import {
  get,
  loginAsPerson,
  loginAsStaff,
  newVisitor,
  openWebHouse,
  post,
  type WebHouse,
} from './web-house.ts';

let house: WebHouse;
let person: Visitor;
let officer: Visitor;
let path = '';

beforeAll(async () => {
  house = await openWebHouse();
  await house.door.ledger.record([
    {
      class: 'care',
      event: 'read',
      action: 'R',
      outcome: 0,
      patient: house.vault,
      agent: { kind: 'professional', id: 'arts-7', organisation: organisation('jansen').id },
      purpose: 'TREAT',
    },
  ]);
  person = newVisitor();
  await loginAsPerson(house, person);
  officer = newVisitor();
  await loginAsStaff(house, officer, 'auditor', 'auditor-jansen');
}, 120_000);
afterAll(() => house?.close());

describe('a question about a line', () => {
  it('is offered where somebody else acted', async () => {
    const page = (await get(house, person, '/mij/inzage')).text();
    const links = [...page.matchAll(/href="(\/mij\/inzage\/vraag\/\d+)"/g)].map(([, one]) => one);
    expect(links.length).toBeGreaterThan(0);
    path = links[0] ?? '';
  });

  it('goes to the organisation that looked, with 28 days to answer', async () => {
    const form = await get(house, person, path);
    expect(form.text()).toContain(organisation('jansen').name.replace('&', '&amp;'));
    const sent = await post(house, person, form, path, { vraag: 'Wie is arts 7?' });
    expect(sent.text()).toContain('Uw vraag is verstuurd');
    const queue = (await get(house, officer, '/auditor/vragen')).text();
    expect(queue).toContain('Wie is arts 7?');
    expect(queue).not.toContain(house.bsn);
    const [asked] = await house.door.questions.ofPerson(house.door.database, house.vault, 5);
    const days = (Date.parse(asked?.due ?? '') - (asked?.asked.getTime() ?? 0)) / 86_400_000;
    expect(Math.ceil(days)).toBe(28);
  });

  it('says which line it is about, and at that line that it was asked', async () => {
    const { entries } = await house.door.ledger.ofPatient(house.vault, { limit: 50 });
    const line = entries.find(({ seq }) => path.endsWith(`/${seq}`));
    const list = (await get(house, person, '/mij/inzage/vragen')).text();
    expect(list).toContain(`<td data-head="Regel">${line?.nth}</td>`);
    expect((await get(house, person, path)).text()).toContain('U stelde over deze regel al een');
  });

  it('leads its officer to the line, which asks there why it is looked at', async () => {
    const { seq } = await (async () => {
      const [asked] = await house.door.questions.ofPerson(house.door.database, house.vault, 5);
      return asked ?? { seq: -1 };
    })();
    const at = `/auditor/regel/${seq}`;
    const before = await get(house, officer, at);
    expect(before.status).toBe(422);
    expect((await post(house, officer, before, at, { reden: 'kort' })).text()).toContain('kort');
    const line = await post(house, officer, before, at, { reden: 'vraag van een patiënt' });
    expect(line.status).toBe(200);
    const { entries } = await house.door.ledger.ofPatient(house.vault, { limit: 50 });
    const nth = entries.find((one) => one.seq === seq)?.nth;
    expect(line.text()).toContain(`<dt>Nummer bij de patiënt</dt><dd>${nth}</dd>`);
  });

  it('is not seen by another organisation', async () => {
    const other = newVisitor();
    await loginAsStaff(house, other, 'auditor', 'auditor-kennemerzoom');
    expect((await get(house, other, '/auditor/vragen')).text()).not.toContain('arts 7');
  });

  it('is answered once, and the person reads the answer', async () => {
    const queue = (await get(house, officer, '/auditor/vragen')).text();
    const question = /href="(\/auditor\/vragen\/[0-9a-f-]{36})"/.exec(queue)?.[1] ?? '';
    const page = await get(house, officer, question);
    const form = { antwoord: 'Dat was uw waarnemend huisarts.' };
    const done = await post(house, officer, page, question, form);
    expect(done.text()).toContain('Het antwoord is verstuurd');
    const again = await post(house, officer, page, question, form);
    expect(again.text()).toContain('Deze vraag is al beantwoord');
    expect((await get(house, person, '/mij/inzage/vragen')).text()).toContain(
      'Dat was uw waarnemend huisarts.',
    );
  });

  it('stands in the log, both ways, and sealed in the database', async () => {
    const { entries } = await house.door.ledger.ofPatient(house.vault, { limit: 100 });
    const events = entries.map(({ record }) => record.event);
    expect(events).toContain('question-asked');
    expect(events).toContain('question-answered');
    const { rows } = await house.door.database.query('select * from line_question');
    expect(JSON.stringify(rows)).not.toContain('arts 7');
  });

  it('about a line of somebody else is not there', async () => {
    expect((await get(house, person, '/mij/inzage/vraag/999999')).status).toBe(404);
  });
});
