/** Consents for apps that were changed past the gateway, as `db:check` finds them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toestemmingCheck } from '../../src/medmij/index.ts';
import { asOwner } from '../audit/ledgers.ts';
import { digidForm, type Gateway, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn } from '../support/people.ts';

const own = person(31);
const mandator = { ...person(32), birthDate: '1940-02-03' };
const back = `https://${PGO}/callback`;
let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  for (const one of [own, mandator]) {
    const sent = transaction([entry(urn(one.bsn), patientOf(one))], one.bsn);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
  }
  await agree('ziekenhuisproef', digidForm(own.bsn));
  // It takes the place of the first, and is ended itself.
  await agree('ziekenhuisproef', digidForm(own.bsn));
  await endAll();
  const birthDate = mandator.birthDate.replaceAll('-', '');
  await agree(
    'ziekenhuisproef onbehalfof',
    { bsn: own.bsn, namens: mandator.bsn, soort: 'voluntary' },
    { MedMij_geboortedatum: birthDate },
  );
});
afterAll(() => gateway.close());

const ids = () => ({ 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': randomUUID() });

async function agree(scope: string, form: Record<string, string>, more: object = {}) {
  const asked = { response_type: 'code', client_id: PGO, redirect_uri: back, scope, state: 'st' };
  const walk = await logIn(gateway, { ...asked, ...ids(), ...more }, form);
  const page = await walk.go(String((await walk.go(walk.back)).headers.location));
  const yes = { csrf: csrfOf(page), keuze: 'ja', langdurig: 'ja' };
  const end = await walk.go('/medmij/toestemming', yes);
  return new URL(String(end.headers.location)).searchParams.get('code') ?? '';
}

/** By the page for managing consents. */
async function endAll() {
  const asked = { client_id: PGO, redirect_uri: back, state: 'st', ...ids() };
  const walk = await logIn(gateway, asked, { bsn: own.bsn }, '/medmij/toestemmingen');
  await walk.go(walk.back);
  const page = await walk.go('/medmij/toestemmingen/overzicht');
  const id = /name="id" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
  const ended = await walk.go('/medmij/toestemmingen/einde', {
    ...{ csrf: csrfOf(page), id, keuze: 'ja' },
  });
  expect(ended.body).toContain('De toestemming is gestopt');
}

async function found(from = 0, now = gateway.rooms.clock()) {
  const { database, ledger } = gateway.rooms;
  const check = toestemmingCheck(database, (id) => ledger.pseudonymOf(id), now);
  const until = new Date(now.getTime() + 1_000);
  for await (const line of ledger.lines(new Date(from), until)) check.hear(line);
  return check.findings();
}

const standsAgain = (because: string) =>
  `update toestemming set ended = null, ended_because = null where ended_because = '${because}'`;

describe('a check of the consents for apps', () => {
  it('finds nothing where nobody came past the gateway', async () => {
    const { rows } = await asOwner(
      gateway.db.ownerUrl,
      `select count(*)::int as all, count(ended)::int as ended, count(given_by)::int as by
         from toestemming`,
    );
    expect(rows[0]).toMatchObject({ all: 3, ended: 2, by: 1 });
    expect(await found()).toEqual([]);
  });

  it.each([
    ['one that the person ended and that stands again', standsAgain('person'), /ended/],
    ['one that was replaced and stands again', standsAgain('replaced'), /ended/],
    ['other services', `update toestemming set services = services || '{63}'`, /something else/],
    [
      'another person',
      `update toestemming t set vault = o.vault from toestemming o where o.vault <> t.vault`,
      /another person/,
    ],
    ['another app', `update toestemming set client = 'andere.example'`, /something else/],
    ['somebody else who gave it', `update toestemming set given_by = 'x'`, /something else/],
    [
      'one that nobody gave',
      `insert into toestemming
         (vault, id, client, aanbieder, services, long_lived, given, last_used)
       select vault, gen_random_uuid(), client, aanbieder, services, true, given, last_used
         from toestemming limit 1`,
      /No line/,
    ],
    [
      'one that was for once, and stands as lasting',
      'update toestemming set long_lived = not long_lived',
      /was to last/,
    ],
    [
      'one that was given at another moment',
      `update toestemming set given = given - interval '1 day'`,
      /another moment/,
    ],
    ['one that was taken out', 'delete from toestemming', /taken out/],
    [
      'one that nobody used, and that stands as if somebody had',
      `update toestemming set last_used = last_used + interval '1 day' where ended is null`,
      /last used later/,
    ],
  ])('names %s', async (_what, sql, text) => {
    const { ownerUrl } = gateway.db;
    await asOwner(ownerUrl, 'create table kept_toestemming as table toestemming');
    await asOwner(ownerUrl, sql);
    const findings = await found();
    await asOwner(ownerUrl, 'delete from toestemming');
    await asOwner(ownerUrl, 'insert into toestemming select * from kept_toestemming');
    await asOwner(ownerUrl, 'drop table kept_toestemming');
    expect(findings[0]).toMatchObject({ fault: 'app-consent', text: expect.stringMatching(text) });
    expect(JSON.stringify(findings)).not.toContain(own.bsn);
    expect(await found()).toEqual([]);
  });

  it('says nothing of one whose line is past its term', async () => {
    const now = gateway.rooms.clock();
    const later = (days: number) => new Date(now.getTime() + days * 86_400_000);
    const unheard = later(1).getTime();
    expect(await found(unheard, later(2))).toHaveLength(3);
    expect(await found(unheard, later(7_201))).toEqual([]);
  });
});
