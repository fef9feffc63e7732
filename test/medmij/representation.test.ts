/** Acting for somebody else at the MedMij door, and managing consents from an app. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addSubscription } from '../../src/medmij/subscription/subscription.ts';
import { addToestemming, toestemmingenOf } from '../../src/medmij/toestemming.ts';
import { type Gateway, HOSPITAL, OTHER_PGO, openGateway, PGO } from '../support/gateway.ts';
import { csrfOf, logIn } from '../support/medmij-walk.ts';
import { entry, patientOf, person, transaction, urn, vaultOf } from '../support/people.ts';

let gateway: Gateway;
const helper = person(1);
const mandator = { ...person(2), birthDate: '1940-02-03' };
const yearsAgo = (years: number) => `${new Date().getUTCFullYear() - years}-01-01`;
const child = { ...person(3), birthDate: yearsAgo(7) };
const teenager = { ...person(4), birthDate: yearsAgo(13) };

beforeAll(async () => {
  gateway = await openGateway({ digid: true });
  for (const one of [helper, mandator, child, teenager]) {
    const sent = transaction([entry(urn(one.bsn), patientOf(one))], one.bsn);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
  }
});
afterAll(() => gateway.close());

const asked = (scope: string, more: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: PGO,
  redirect_uri: `https://${PGO}/callback`,
  scope,
  state: 'xyz',
  'MedMij-Request-ID': randomUUID(),
  'X-Correlation-ID': randomUUID(),
  ...more,
});

async function question(params: Record<string, string>, digid: Record<string, string>) {
  const one = await logIn(gateway, params, digid);
  const arrived = await one.go(one.back);
  expect(arrived.headers.location).toBe('/medmij/toestemming');
  return { ...one, page: await one.go('/medmij/toestemming') };
}

const compact = (date: string) => date.replaceAll('-', '');
const asHelper = (of: typeof helper, soort: string) => ({
  ...{ bsn: helper.bsn, namens: of.bsn, soort },
});

describe('somebody who acts for another', () => {
  it('with a mandate gives consent for that person, and the ledger names both', async () => {
    const params = asked('ziekenhuisproef onbehalfof', {
      MedMij_geboortedatum: compact(mandator.birthDate),
    });
    const { go, page } = await question(params, asHelper(mandator, 'voluntary'));
    expect(page.body).toContain('voor iemand anders');
    expect(page.body).toMatch(/<li>basisgegevens/);
    const given = await go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' });
    expect(String(given.headers.location)).toContain('code=');
    const vault = await vaultOf(gateway, mandator);
    const [consent] = await toestemmingenOf(gateway.rooms.database, vault);
    expect(consent?.givenBy).toMatch(/^[0-9a-f]{32}$/);
    expect(consent?.givenBy).not.toContain(helper.bsn);
    const { entries } = await gateway.rooms.ledger.ofPatient(vault, { limit: 20 });
    const line = entries.find(({ record }) => record.event === 'toestemming');
    expect(line?.record.agent.kind).toBe('representative');
  });

  it.each<[string, string, typeof helper, string, string]>([
    [
      'a child under 12 by its parent',
      'onbehalfofchild',
      child,
      'parental',
      'Geeft u toestemming?',
    ],
    [
      'somebody of 13 by a parent',
      'onbehalfofchild',
      teenager,
      'parental',
      'kan deze gegevens niet geven',
    ],
    ['a child by a mandate', 'onbehalfof', child, 'voluntary', 'kan deze gegevens niet geven'],
    [
      'another way than was asked',
      'onbehalfofchild',
      child,
      'voluntary',
      'logde in voor iemand anders',
    ],
  ])('%s', async (_name, word, who, soort, text) => {
    const params = asked(`${word} ziekenhuisproef`, {
      MedMij_geboortedatum: compact(who.birthDate),
    });
    const { page, go } = await question(params, asHelper(who, soort));
    expect(page.body).toContain(text);
    const answer = await go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' });
    const url = new URL(String(answer.headers.location));
    expect(url.searchParams.has('code')).toBe(text.startsWith('Geeft'));
  });

  it('reads one page for every reason that is the person’s own', async () => {
    const unknown = { ...person(6), birthDate: yearsAgo(7) };
    const hidden = { ...person(7), birthDate: yearsAgo(8) };
    const sent = transaction([entry(urn(hidden.bsn), patientOf(hidden))], hidden.bsn);
    expect((await gateway.send('epd-proef', sent)).statusCode).toBe(200);
    const vault = await vaultOf(gateway, hidden);
    await gateway.rooms.consent.quiet.turnOn(vault, 'geheime zin', {
      agent: { kind: 'person', id: vault },
      performers: [{ rel: 'self' }],
      channel: 'portal',
      text: { version: '2026-1', language: 'nl', digest: 'd'.repeat(64) },
    });
    const pages = new Set<string>();
    for (const who of [teenager, unknown, hidden]) {
      const params = asked('onbehalfofchild ziekenhuisproef', {
        MedMij_geboortedatum: compact(who.birthDate),
      });
      const { page } = await question(params, asHelper(who, 'parental'));
      expect(page.statusCode).toBe(200);
      pages.add(page.body.replaceAll(/value="[^"]*"/g, 'value=""'));
    }
    expect(pages.size).toBe(1);
  });

  it('learns nothing of a child of 12 or over by another date of birth either', async () => {
    const pages = new Set<string>();
    for (const who of [teenager, { ...person(9), birthDate: yearsAgo(13) }]) {
      const params = asked('onbehalfofchild ziekenhuisproef', { MedMij_geboortedatum: '20190203' });
      const { page } = await question(params, asHelper(who, 'parental'));
      pages.add(page.body.replaceAll(/value="[^"]*"/g, 'value=""'));
    }
    expect(pages.size).toBe(1);
  });

  it('gets no further with another date of birth, nor without having been asked', async () => {
    const wrong = await question(
      asked('ziekenhuisproef onbehalfof', { MedMij_geboortedatum: '19400204' }),
      asHelper(mandator, 'voluntary'),
    );
    expect(wrong.page.body).toContain('geboortedatum');
    const unasked = await question(asked('ziekenhuisproef'), asHelper(mandator, 'voluntary'));
    expect(unasked.page.body).toContain('logde in voor iemand anders');
    for (const { go, page } of [wrong, unasked]) {
      const answer = await go('/medmij/toestemming', { csrf: csrfOf(page), keuze: 'ja' });
      expect(String(answer.headers.location)).toContain('error=access_denied');
    }
  });

  it.each(['20250230', '2025-01-01', '1940', ''])('needs a real date: %j is none', async (date) => {
    const query = new URLSearchParams(
      asked('ziekenhuisproef onbehalfof', { MedMij_geboortedatum: date }),
    );
    const answer = await gateway.ask(`/medmij/authorize?${query}`);
    expect(String(answer.headers.location)).toContain('error=invalid_request');
  });
});

describe('managing consents from an app', () => {
  it('shows what is in force by app, and ends one with its tokens', async () => {
    const { database, clock, tokens } = gateway.rooms;
    const vault = await vaultOf(gateway, helper);
    const ids = { [PGO]: randomUUID(), [OTHER_PGO]: randomUUID() };
    for (const [client, id] of Object.entries(ids)) {
      await addToestemming(database, {
        ...{ vault, id, client, aanbieder: HOSPITAL.id, services: ['48'], longLived: true },
        given: clock(),
      });
    }
    const about = { vault, aanbieder: HOSPITAL.id, services: ['48'], correlationId: randomUUID() };
    const { token } = await tokens.issue(
      database,
      { ...about, kind: 'medmij', client: PGO, consent: ids[PGO] ?? '' },
      { family: ids[PGO] ?? '' },
    );
    const { scope: _scope, response_type: _type, ...params } = asked('');
    const one = await logIn(gateway, params, { bsn: helper.bsn }, '/medmij/toestemmingen');
    expect((await one.go(one.back)).headers.location).toBe('/medmij/toestemmingen/overzicht');
    const overview = await one.go('/medmij/toestemmingen/overzicht');
    expect(overview.body).toContain(`<h2>${PGO}</h2>`);
    expect(overview.body).toContain(`<h2>${OTHER_PGO}</h2>`);
    const form = { csrf: csrfOf(overview), id: ids[PGO] ?? '' };
    const kept = await one.go('/medmij/toestemmingen/einde', { ...form, keuze: 'nee' });
    expect(kept.statusCode).toBe(303);
    expect((await one.go('/medmij/toestemmingen/einde', { ...form, csrf: 'x' })).statusCode).toBe(
      403,
    );
    const ended = await one.go('/medmij/toestemmingen/einde', { ...form, keuze: 'ja' });
    expect(ended.body).toContain('De toestemming is gestopt');
    expect(ended.body).not.toContain(`<h2>${PGO}</h2>`);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('says of messages that no more are sent, not that nothing is collected', async () => {
    const { database, clock } = gateway.rooms;
    const vault = await vaultOf(gateway, helper);
    const consent = randomUUID();
    const about = { vault, client: PGO, aanbieder: HOSPITAL.id };
    const kind = { kind: 'abonneren', longLived: false } as const;
    await addToestemming(database, {
      ...{ ...about, ...kind, id: consent, services: ['48'], given: clock() },
    });
    const ends = new Date(clock().getTime() + 86_400_000);
    const times = { created: clock(), grantedUntil: ends, ends };
    await addSubscription(database, {
      ...{ ...about, ...times, id: randomUUID(), consent, service: '48' },
    });
    const { scope: _scope, response_type: _type, ...params } = asked('');
    const one = await logIn(gateway, params, { bsn: helper.bsn }, '/medmij/toestemmingen');
    await one.go(one.back);
    const overview = await one.go('/medmij/toestemmingen/overzicht');
    const sure = await one.go('/medmij/toestemmingen/kies', {
      ...{ csrf: csrfOf(overview), id: consent },
    });
    expect(sure.body).toContain('stuurt dan geen bericht meer aan');
    expect(sure.body).not.toContain('kan dan niets meer ophalen');
  });

  it('ends nothing of somebody else, and shows nothing before the log-in', async () => {
    const { database, clock } = gateway.rooms;
    const vault = await vaultOf(gateway, mandator);
    const id = randomUUID();
    await addToestemming(database, {
      ...{ vault, id, client: PGO, aanbieder: HOSPITAL.id, services: ['48'], longLived: true },
      given: clock(),
    });
    const one = await logIn(gateway, asked(''), { bsn: helper.bsn }, '/medmij/toestemmingen');
    expect((await one.go('/medmij/toestemmingen/overzicht')).statusCode).toBe(400);
    await one.go(one.back);
    const overview = await one.go('/medmij/toestemmingen/overzicht');
    await one.go('/medmij/toestemmingen/einde', { csrf: csrfOf(overview), id, keuze: 'ja' });
    const [consent] = await toestemmingenOf(database, vault);
    expect(consent).toMatchObject({ id, ended: null });
  });
});
