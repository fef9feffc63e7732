/** What a module gets is what its person ticked, kind by kind (capabilities A14). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, HOSPITAL, openGateway, PGO, PUBLIC_URL } from '../support/gateway.ts';
import { browser, csrfOf } from '../support/medmij-walk.ts';
import { BACK, BASE, basic, MODULE_CLIENT, moduleWalk } from '../support/module-walk.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

let gateway: Gateway;
const own = person(1);
const { asked, choose, launched, post, redeem, session } = moduleWalk(() => gateway, own);
const path = BASE.replace(PUBLIC_URL, '');

beforeAll(async () => {
  const listed = { ...MODULE_CLIENT, scopes: ['launch', 'fhirUser', 'patient/*.read'] };
  const narrow = {
    ...listed,
    id: 'smal.test.example',
    name: 'Smal',
    scopes: ['patient/Task.read'],
  };
  gateway = await openGateway({
    config: (config) => ({
      ...config,
      medmij: { ...config.medmij, modules: [MODULE_CLIENT, narrow] },
    }),
  });
  const { organisations, database } = gateway.rooms;
  await organisations.put(database, { ...HOSPITAL, services: ['9000104'] });
  const self = urn(own.bsn);
  const task = { resourceType: 'Task', status: 'requested', intent: 'order' };
  const identifier = [{ system: 'urn:test:task', value: 't' }];
  const sent = await gateway.send(
    'epd-proef',
    transaction([
      entry(self, patientOf(own)),
      entry(urn('t'), { ...task, identifier, for: { reference: self } }),
    ]),
  );
  expect(sent.statusCode, sent.body).toBe(200);
});
afterAll(() => gateway.close());

const ask = (token: string, what: string) => gateway.ask(`${path}/${what}`, { token });
const lines = async () =>
  (await gateway.rooms.ledger.ofPatient(await vaultOf(gateway, own), { limit: 50 })).entries.map(
    ({ record }) => record,
  );

async function taskOf(token: string): Promise<{ id: string; status: string }> {
  const [one] = (await ask(token, 'Task')).json().entry;
  return one.resource;
}

const patched = (token: string, id: string, status: string) =>
  gateway.ask(`${path}/Task/${id}`, {
    ...{ token, method: 'PATCH' },
    headers: { 'content-type': 'application/json-patch+json' },
    body: JSON.stringify([{ op: 'replace', path: '/status', value: status }]),
  });

describe('the question to the person', () => {
  it('names the module, the app and the provider, and ticks nothing', async () => {
    const { launch, person: one } = await launched();
    await asked(one, launch);
    const page = await one.go('/medmij/module/keuze');
    for (const text of ['Vragenlijsten', PGO, HOSPITAL.name, 'taken die voor u klaarstaan']) {
      expect(page.body.toLowerCase()).toContain(text.toLowerCase());
    }
    expect(page.body).not.toContain('checked');
    expect(page.headers['cache-control']).toBe('no-store');
    const english = await one.go('/medmij/module/keuze?lang=en');
    expect(english.body).toContain('What may this module do?');
  });

  it('is put to nobody without the cookie, and taken from no other page', async () => {
    expect((await gateway.ask('/medmij/module/keuze')).statusCode).toBe(400);
    const { launch, person: one } = await launched();
    await asked(one, launch);
    const form = { csrf: 'x', keuze: 'ja', mag: 'patient/Task.read' };
    expect((await one.go('/medmij/module/keuze', form)).statusCode).toBe(403);
    const csrf = csrfOf(await one.go('/medmij/module/keuze'));
    const elsewhere = browser(gateway);
    expect((await elsewhere.go('/medmij/module/keuze', { ...form, csrf })).statusCode).toBe(403);
  });

  it('leads where it led when its button is pressed twice', async () => {
    const { launch, person: one } = await launched();
    await asked(one, launch);
    const { back, form } = await choose(one);
    const again = await one.go('/medmij/module/keuze', form);
    expect(again.headers.location).toBe(back.headers.location);
  });
});

describe('what was refused', () => {
  it('is not there: each kind by itself', async () => {
    const { token } = await session(['patient/Task.read', 'fhirUser', 'patient/Secret.read']);
    expect(token).toMatchObject({ status: 200, scope: 'launch fhirUser patient/Task.read' });
    const { access_token: access, patient } = token;
    const { id } = await taskOf(access);
    expect((await ask(access, `Patient/${patient}`)).statusCode).toBe(404);
    expect((await patched(access, id, 'received')).statusCode).toBe(405);
    // Not beside what was allowed, and not by asking whether it fits.
    const along = (await ask(access, 'Task?_include=Task:patient')).json();
    expect(
      along.entry.map(({ resource }: never) => (resource as { resourceType: string }).resourceType),
    ).toEqual(['Task']);
    const name = own.family;
    const guessed = await ask(access, `Task?patient:Patient.family=${encodeURIComponent(name)}`);
    expect(guessed.json().entry ?? []).not.toContainEqual(
      expect.objectContaining({ search: { mode: 'match' } }),
    );
    const refused = (await lines()).find(({ detail }) => detail?.['refused']?.includes('Patient'));
    expect(refused).toMatchObject({ event: 'authorize', outcome: 0 });
    expect(refused?.detail?.['scope']).toBe('fhirUser patient/Task.read');
  });

  it('is not told in the answer either', async () => {
    const { token } = await session(['patient/Task.write']);
    expect(token.fhirUser).toBeUndefined();
    const reader = (await session(['patient/Task.read'])).token.access_token;
    const { id } = await taskOf(reader);
    const done = await patched(token.access_token, id, 'received');
    expect([done.statusCode, done.body]).toEqual([200, '']);
    expect((await taskOf(reader)).status).toBe('received');
  });

  it('is everything: then the module gets no code, and the refusal is a line', async () => {
    for (const [ticked, keuze] of [
      [[], 'ja'],
      [['patient/Task.read'], 'nee'],
    ] as const) {
      const { launch, person: one } = await launched();
      await asked(one, launch);
      const { answer } = await choose(one, ticked, keuze);
      expect([...answer]).toEqual([
        ['error', 'access_denied'],
        ['state', 's'],
      ]);
    }
    const [line] = (await lines()).filter(({ reason }) => reason === 'refused-by-person');
    expect(line).toMatchObject({ event: 'authorize', outcome: 4, detail: { scope: '' } });
  });

  it('stays refused when the session goes on', async () => {
    const { token } = await session(['patient/Task.read']);
    const form = { grant_type: 'refresh_token', refresh_token: token.refresh_token };
    const next = await post('token', form, basic());
    expect(next).toMatchObject({ status: 200, scope: 'launch patient/Task.read' });
  });
});

describe('a refresh whose answer was lost', () => {
  const refresh = (token: string) =>
    post('token', { grant_type: 'refresh_token', refresh_token: token }, basic());
  const cacheOver = () => new Promise((resolve) => setTimeout(resolve, 300));

  it('gives the same again within the window, and the session goes on', async () => {
    const { token } = await session(['patient/Task.read']);
    const first = await refresh(token.refresh_token);
    expect(await refresh(token.refresh_token)).toEqual(first);
    expect((await ask(first.access_token, 'Task')).statusCode).toBe(200);
    expect(await refresh(first.refresh_token)).toMatchObject({ status: 200 });
  });

  it('gives one pair to five requests at once', async () => {
    const { token } = await session(['patient/Task.read']);
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => refresh(token.refresh_token)));
    expect(new Set(all.map((one) => one.access_token)).size).toBe(1);
    expect(all.every(({ status }) => status === 200)).toBe(true);
  });

  it('ends the session when it was gone on with, and after the window', async () => {
    for (const wait of [(next: string) => refresh(next), async () => gateway.later(31)]) {
      const { token } = await session(['patient/Task.read']);
      const first = await refresh(token.refresh_token);
      await wait(first.refresh_token);
      expect(await refresh(token.refresh_token)).toMatchObject({ error: 'invalid_grant' });
      await cacheOver();
      expect((await ask(first.access_token, 'Task')).statusCode).toBe(401);
      expect(await refresh(first.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    }
  });

  it('is told to nobody once the session was revoked', async () => {
    const { token } = await session(['patient/Task.read']);
    const first = await refresh(token.refresh_token);
    await post('revoke', { token: first.access_token }, basic());
    expect(await refresh(token.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a code', () => {
  it('offered twice at once gives tokens once, and those are over', async () => {
    const { launch, person: one } = await launched();
    const { verifier } = await asked(one, launch);
    const code = (await choose(one)).answer.get('code');
    const both = await Promise.all([redeem(code, verifier), redeem(code, verifier)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    const { access_token: access } = both.find(({ status }) => status === 200) ?? {};
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await ask(access, 'Task')).statusCode).toBe(401);
    expect((await lines()).some(({ reason }) => reason === 'replayed')).toBe(true);
  });
});

describe('a task of a provider', () => {
  it('goes one step at a time, and the refusal says which steps there are', async () => {
    const { access_token: access } = (await session()).token;
    const { id, status } = await taskOf(access);
    if (status === 'requested') await patched(access, id, 'received');
    const leap = await patched(access, id, 'completed');
    expect(leap.statusCode).toBe(422);
    const [issue] = leap.json().issue;
    expect(issue).toMatchObject({ expression: ['Task.status'] });
    expect(JSON.stringify(issue)).toContain('accepted, rejected, cancelled');
    for (const next of ['accepted', 'in-progress', 'completed']) {
      expect((await patched(access, id, next)).statusCode, next).toBe(200);
    }
    const after = await patched(access, id, 'in-progress');
    expect(after.statusCode).toBe(422);
    expect(after.body).toContain('goes no further');
  });
});

describe('the catalogue', () => {
  it('is open to anybody, in plain words and for programs', async () => {
    const page = await gateway.ask('/medmij/modules');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Vragen van uw zorgverlener.');
    expect(page.body).toContain('opschrijven hoe ver u met een taak bent');
    const { modules } = (
      await gateway.ask('/medmij/modules', { headers: { accept: 'application/json' } })
    ).json();
    expect(modules[1]).toEqual({
      ...{ client_id: 'smal.test.example', name: 'Smal', about: MODULE_CLIENT.about },
      scopes: [
        {
          scope: 'patient/Task.read',
          text: { nl: 'taken die voor u klaarstaan lezen', en: 'read tasks that are set for you' },
        },
      ],
    });
    expect(JSON.stringify(modules)).not.toContain(MODULE_CLIENT.secretDigest);
    expect(BACK).toContain(MODULE_CLIENT.id);
  });
});
