/**
 * Who gets to see what on our own pages: log-in, session, forms, and the rule of one's own
 * organisation.
 */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/demo/client/trail.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { addSubscription } from '../../src/medmij/subscription/subscription.ts';
import { addToestemming } from '../../src/medmij/toestemming.ts';
import {
  get,
  loginAsPerson,
  loginAsStaff,
  newVisitor,
  openWebHouse,
  post,
  SENDER,
  type WebHouse,
} from './web-house.ts';

let house: WebHouse;

beforeAll(async () => {
  house = await openWebHouse();
}, 120_000);
afterAll(() => house?.close());

const cell = { wens: 'cell', van: 'cat:ZKH', gegevens: 'GGC002', aan: 'cat:HA' };

async function person() {
  const visitor = newVisitor();
  const home = await loginAsPerson(house, visitor);
  return { visitor, home };
}

async function auditor(account = 'auditor-kennemerzoom') {
  const visitor = newVisitor();
  const home = await loginAsStaff(house, visitor, 'auditor', account);
  return { visitor, home };
}

describe('every page', () => {
  it('has the policy without script, and is kept by nobody', async () => {
    const visitor = newVisitor();
    for (const path of ['/mij', '/auditor', '/afzender', '/privacy']) {
      const { status, headers } = await get(house, visitor, path);
      expect(status, path).toBe(200);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('no-referrer');
    }
  });

  it('speaks English when asked, and goes on doing so', async () => {
    const visitor = newVisitor();
    expect((await get(house, visitor, '/mij?lang=en')).text()).toContain('Log in with DigiD');
    expect((await get(house, visitor, '/privacy')).text()).toContain('Privacy statement');
  });
});

describe('the person', () => {
  it('sees nothing before the log-in', async () => {
    const visitor = newVisitor();
    for (const path of [
      '/mij/delen',
      '/mij/inzage',
      '/mij/apps',
      '/mij/gestuurd',
      '/mij/behandelaars',
      '/mij/machtigingen',
      '/mij/stil',
      '/mij/namens',
      '/mij/code',
      '/mij/mitz',
      '/mij/bronnen',
      '/mij/dossier',
      '/mij/meenemen',
      '/mij/nieuw',
      '/mij/ingetrokken',
    ]) {
      const answer = await get(house, visitor, path);
      expect([answer.status, answer.headers.location], path).toEqual([303, '/mij']);
    }
  });

  it('gets a new session at each log-in, and the old one ends', async () => {
    const cookies: string[] = [];
    const { visitor } = await person();
    const sessionOf = async () => {
      const raw = await house.door.database.query<{ count: number }>(
        "select count(*)::integer as count from sealed_state where kind = 'session' and ended is null",
      );
      return raw.rows[0]?.count ?? 0;
    };
    const before = await sessionOf();
    const login = await visitor.follow({ nl: '', en: '' }, `${house.url}/mij/inloggen`);
    cookies.push(String(login.page?.status));
    await loginAsPerson(house, visitor);
    expect(await sessionOf()).toBe(before);
  });

  it('cannot come in with a session of another door', async () => {
    const { visitor } = await person();
    const raw = await visitor.call({ nl: '', en: '' }, `${house.url}/mij`);
    expect(raw.status).toBe(200);
    const stolen = visitor.cookie('mij');
    const answer = await house.app.inject({
      url: '/auditor/keten',
      cookies: { auditor: stolen ?? '' },
    });
    expect(answer.headers.location).toBe('/auditor');
  });

  it('is logged out for good', async () => {
    const { visitor, home } = await person();
    const handle = visitor.cookie('mij') ?? '';
    await post(house, visitor, home, '/mij/uitloggen', {});
    const answer = await house.app.inject({ url: '/mij/delen', cookies: { mij: handle } });
    expect(answer.statusCode).toBe(303);
  });

  it('changes nothing by a form of somebody else', async () => {
    const { visitor } = await person();
    const answer = await visitor.call({ nl: '', en: '' }, `${house.url}/mij/delen/opslaan`, {
      form: { csrf: 'x'.repeat(32), ...cell, keuze: 'permit' },
    });
    expect(answer.status).toBe(403);
    // No dead end: from what went wrong a way leads on.
    expect(answer.text()).toContain('href="/mij">Naar het begin');
    expect((await house.door.consent.choices.list(house.vault)).choices).toEqual([]);
  });

  it('gives, sees what it does, gets a receipt, and withdraws in as many steps', async () => {
    const { visitor } = await person();
    const sharing = await get(house, visitor, '/mij/delen');
    expect(sharing.text()).toContain('U heeft nog geen keuze gemaakt');
    const preview = await post(house, visitor, sharing, '/mij/delen/voorbeeld', {
      ...cell,
      keuze: 'permit',
    });
    expect(preview.text()).toMatch(/\d+ organisaties zien \d+ onderdelen meer/);
    const stand = /name="stand" value="(\d+)"/.exec(preview.text())?.[1] ?? '';
    const receipt = await post(house, visitor, preview, '/mij/delen/opslaan', {
      ...cell,
      keuze: 'permit',
      stand,
      taal: 'nl',
    });
    expect(receipt.text()).toContain('Uw keuze is opgeslagen');
    expect(receipt.text()).toContain('Regel in het logboek');
    const { choices } = await house.door.consent.choices.list(house.vault);
    expect(choices.map(({ rule }) => [rule.type, rule.status])).toEqual([['permit', 'active']]);

    const again = await post(house, visitor, sharing, '/mij/delen/opslaan', {
      ...cell,
      keuze: 'deny',
      stand: '0',
    });
    expect(again.status, 'a page that is out of date').toBe(409);
    // What stands now beside what was to be saved, which can still be saved from here.
    expect(again.text()).toContain('Er is niets opgeslagen');
    const [now = '', wanted = ''] = again.text().split('Wat u wilde opslaan');
    expect(now).toMatch(/<li>[^<]*mogen [^<]* zien/);
    expect(wanted).toMatch(/mogen [^<]* niet zien/);
    expect(wanted).toContain('name="stand" value="1"');

    const less = await post(
      house,
      visitor,
      receipt.status === 200 ? await get(house, visitor, '/mij/delen') : receipt,
      '/mij/delen/voorbeeld',
      {
        ...cell,
        keuze: 'nothing',
      },
    );
    expect(less.text()).toMatch(/\d+ organisaties zien \d+ onderdelen minder/);
    await post(house, visitor, less, '/mij/delen/opslaan', {
      ...cell,
      keuze: 'nothing',
      stand: '1',
    });
    const after = await house.door.consent.choices.list(house.vault);
    expect(after.choices.map(({ rule }) => rule.status)).toEqual(['inactive']);
  });

  it('sees every line about the record, and that these are all', async () => {
    const { visitor } = await person();
    const page = (await get(house, visitor, '/mij/inzage')).text();
    const [, shown, total] = /Wij tonen (\d+) van (\d+) regels/.exec(page) ?? [];
    expect(Number(shown)).toBeGreaterThan(2);
    expect(shown).toBe(total);
    expect(page).toContain('Er ontbreekt niets');
    expect(page).toContain('Ziekenhuis Kennemerzoom');
    expect(page).toContain('veranderde keuzes over delen');
  });

  it('stops an app at once', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    const { database, tokens, clock } = house.door;
    const aanbieder = organisation('kennemerzoom').id;
    await addToestemming(database, {
      vault: house.vault,
      id,
      client: 'pgo.demo.example',
      aanbieder,
      services: ['48'],
      longLived: true,
      given: clock(),
    });
    const issued = await tokens.issue(
      database,
      {
        kind: 'medmij',
        client: 'pgo.demo.example',
        vault: house.vault,
        aanbieder,
        services: ['48'],
        consent: id,
        correlationId: id,
      },
      { family: id },
    );
    await expect(tokens.verify(issued.token)).resolves.toBeDefined();
    const { visitor } = await person();
    const page = await get(house, visitor, '/mij/apps');
    expect(page.text()).toContain('Actief');
    const stopped = await post(house, visitor, page, '/mij/apps/stop', { id });
    expect(stopped.text()).toContain('De app is gestopt');
    await expect(tokens.verify(issued.token)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('sees of each app what it may, and what became of it', async () => {
    const { database, clock } = house.door;
    const day = 86_400_000;
    const put = (id: string, days: number, more: object) =>
      addToestemming(database, {
        ...{ vault: house.vault, id: `33333333-3333-4333-8333-33333333333${id}` },
        ...{ client: 'pgo.demo.example', aanbieder: organisation('kennemerzoom').id },
        ...{ services: ['48'], longLived: true, given: new Date(clock().getTime() - days * day) },
        ...more,
      });
    await put('1', 172, {});
    await put('2', 200, {});
    await put('3', 2, { longLived: false, kind: 'delen', services: ['53'] });
    await put('4', 1, { kind: 'abonneren', longLived: false, givenBy: 'f'.repeat(32) });
    await put('5', 0, { kind: 'abonneren', longLived: false, services: ['51'] });
    await addSubscription(database, {
      ...{ vault: house.vault, id: randomUUID(), client: 'pgo.demo.example', service: '48' },
      ...{ consent: '33333333-3333-4333-8333-333333333334', created: clock() },
      aanbieder: organisation('kennemerzoom').id,
      grantedUntil: new Date('2031-05-06T10:00:00Z'),
      ends: new Date('2031-05-06T10:00:00Z'),
    });
    const { visitor } = await person();
    const page = (await get(house, visitor, '/mij/apps')).text();
    for (const text of [
      'Vervalt binnenkort',
      'Vervalt zonder gebruik op',
      'De app haalde een half jaar niets op.',
      'Gegevens sturen',
      'Voorbij',
      'Bericht krijgen als er iets nieuws is',
      'Iemand anders gaf dit antwoord voor u.',
      // A subscription says until when; what is over stands below what is not.
      '6 mei 2031',
      'Eerdere toestemmingen',
    ]) {
      expect(page, text).toContain(text);
    }
    const [open = '', earlier = ''] = page.split('<details');
    expect(open.match(/Bericht krijgen/g)).toHaveLength(1);
    expect(open).not.toMatch(/Gestopt|Vervallen|Voorbij/);
    // The yes that ends messages, or one that was never made use of, lets nothing through.
    expect(earlier).toMatch(/Voorbij[\s\S]*Bericht krijgen/);
  });

  it('sets apart what the list put together, and puts it back', async () => {
    const { visitor } = await person();
    const page = await get(house, visitor, '/mij/dossier?toon=bron');
    expect(page.text()).not.toContain('U zette dit los');
    const results = (await house.door.ownRecord(house.vault))
      .filter(({ resource }) => resource.resourceType === 'Observation')
      .slice(0, 2);
    const rijen = results.map(({ resource }) => `Observation/${resource.id}`).join(' ');
    const form = await get(house, visitor, '/mij/apps');
    const apart = await post(house, visitor, form, '/mij/dossier/los', { rijen });
    expect(apart.text()).toContain('Uw keuze is bewaard');
    expect(apart.text()).toContain('U zette dit los van iets anders');
    const back = await post(house, visitor, apart, '/mij/dossier/samen', { rijen });
    expect(back.text()).toContain('Uw keuze is bewaard');
    expect(back.text()).not.toContain('U zette dit los');
    // What else the person chose stays as it was.
    expect((await house.door.consent.own.settings(house.vault)).notices).toBe('unusual');
  });

  it('takes the record along to read, with the number of the file that belongs to it', async () => {
    const { visitor } = await person();
    const document = await get(house, visitor, '/mij/meenemen/dossier.html');
    expect(document.headers['content-disposition']).toBe('attachment; filename="dossier.html"');
    expect(document.text()).toContain('Ziekenhuis Kennemerzoom');
    expect(document.text()).not.toMatch(/<script|https?:\/\/[^"]*\.(css|js)/);
    const file = await get(house, visitor, '/mij/meenemen/dossier.json');
    const digest = createHash('sha256').update(file.body).digest('hex');
    expect(document.text()).toContain(digest);
    const pdf = await get(house, visitor, '/mij/meenemen/dossier.pdf');
    expect(pdf.headers['content-type']).toBe('application/pdf');
    expect(pdf.headers['cache-control']).toBe('no-store');
    expect(pdf.body.subarray(0, 8).toString('latin1')).toBe('%PDF-1.7');
    expect((await get(house, newVisitor(), '/mij/meenemen/dossier.pdf')).status).toBe(303);
  });

  it('who is not known here is told so, and no more', async () => {
    const visitor = newVisitor();
    const home = await loginAsPerson(house, visitor, '999990202');
    expect(home.text()).toContain('Er zijn hier geen gegevens van u');
    expect((await get(house, visitor, '/mij/inzage')).status).toBe(303);
  });
});

describe('the auditor', () => {
  async function search(
    account: string,
    form: Record<string, string>,
  ): Promise<{ page: Answer; visitor: ReturnType<typeof newVisitor> }> {
    const { visitor, home } = await auditor(account);
    const page = await post(house, visitor, home, '/auditor/zoeken', {
      reden: 'controle op verzoek van de patiënt',
      ...form,
    });
    return { page, visitor };
  }

  it('is let in with the right role only', async () => {
    const visitor = newVisitor();
    const answer = await loginAsStaff(house, visitor, 'auditor', 'integratie-kennemerzoom');
    expect(answer.status).toBe(403);
    expect((await get(house, visitor, '/auditor/keten')).status).toBe(303);
  });

  it('types a reason before anything else', async () => {
    const { visitor, home } = await auditor();
    expect((await post(house, visitor, home, '/auditor/zoeken', { reden: 'kort' })).status).toBe(
      422,
    );
    expect((await get(house, visitor, '/auditor/regel/0')).status).toBe(422);
  });

  it('finds by BSN what the own organisation sent, and opens why', async () => {
    const { page, visitor } = await search('auditor-kennemerzoom', { bsn: house.bsn });
    expect(page.text()).toContain('stuurde gegevens');
    const seq = /\/auditor\/regel\/(\d+)/.exec(page.text())?.[1];
    const line = (await get(house, visitor, `/auditor/regel/${seq}`)).text();
    expect(line).toContain('Controlegetal van de regel');
    expect(line).not.toContain(house.bsn);
  });

  it('of another organisation sees none of it', async () => {
    const mine = await search('auditor-kennemerzoom', { bsn: house.bsn });
    const seq = /\/auditor\/regel\/(\d+)/.exec(mine.page.text())?.[1];
    const { page, visitor } = await search('auditor-jansen', { bsn: house.bsn });
    expect(page.text()).toContain('Geen regels gevonden');
    expect((await get(house, visitor, `/auditor/regel/${seq}`)).status).toBe(404);
  });

  it('cannot tell somebody unknown from somebody without lines', async () => {
    // The first search of each is a line that the second one finds, known here or not.
    for (const bsn of [house.bsn, '999990202']) await search('auditor-jansen', { bsn });
    const known = await search('auditor-jansen', { bsn: house.bsn });
    const unknown = await search('auditor-jansen', { bsn: '999990202' });
    // How often the same was searched before does not matter, only what kinds of lines show.
    const plain = (answer: Answer) => [
      ...new Set(
        answer
          .text()
          .replaceAll(/value="[^"]*"|table-\d+|regel\/\d+">\d+|\d\d:\d\d/g, '')
          .split(/<tr>|<\/tbody>/),
      ),
    ];
    expect(plain(unknown.page)).toEqual(plain(known.page));
    expect(plain(known.page).length).toBeGreaterThan(2);
  });

  it('is written down: every search and view, with the reason', async () => {
    const { visitor, page } = await search('fg-kennemerzoom', { wat: 'log-search' });
    expect(page.status).toBe(200);
    const again = (await get(house, visitor, '/auditor/zoeken')).text();
    expect(again).toContain('zocht in het logboek');
    const seq = /\/auditor\/regel\/(\d+)/.exec(again)?.[1];
    expect((await get(house, visitor, `/auditor/regel/${seq}`)).text()).toContain(
      'controle op verzoek van de patiënt',
    );
  });

  it('checks the chain, and takes it along with proof', async () => {
    const { visitor, page } = await search('auditor-kennemerzoom', {});
    const checked = await post(house, visitor, page, '/auditor/keten/controleren', {});
    expect(checked.text()).toContain('De keten klopt.');
    const lines = await post(house, visitor, page, '/auditor/keten/export', {});
    expect(lines.headers['content-type']).toContain('application/x-ndjson');
    expect(lines.text().trim().split('\n').length).toBeGreaterThan(2);
    expect(lines.text()).not.toContain(house.bsn);
  });
});

describe('the review queue', () => {
  it('shows why a case stood out, and keeps a verdict with its reason', async () => {
    const { visitor } = await auditor();
    const queue = await get(house, visitor, '/auditor/onderzoek');
    expect(queue.text()).not.toContain('0 (100%)');
    const runs = queue.text().split('Welke regels zijn bekeken').at(-1);
    expect(runs).not.toContain('Signalen');
    const path = /href="(\/auditor\/onderzoek\/[^"]+)"/.exec(queue.text())?.[1] ?? '';
    const page = await get(house, visitor, path);
    expect(page.text()).toContain('Er is geen behandelrelatie te vinden');
    expect(page.text()).toContain('41 patiënten in een uur, 25 grens');
    const form = { verdict: 'unclear', reason: 'Navragen bij de leidinggevende' };
    const done = await post(house, visitor, page, `${path}/oordeel`, form);
    expect(done.text()).toContain('Uw oordeel is vastgelegd');
    expect(done.text()).toContain('wacht op een tweede beoordelaar');
    const again = await post(house, visitor, done, `${path}/oordeel`, form);
    expect(again.text()).toContain('Dit moet een ander beoordelen');
  });

  it('of another organisation is not there', async () => {
    const { visitor } = await auditor();
    const queue = await get(house, visitor, '/auditor/onderzoek');
    const path = /href="(\/auditor\/onderzoek\/[^"]+)"/.exec(queue.text())?.[1] ?? '';
    const other = newVisitor();
    await loginAsStaff(house, other, 'auditor', 'auditor-jansen');
    expect((await get(house, other, path)).status).toBe(404);
  });
});

describe('the sender', () => {
  it('sees the messages of the own organisation, and tries a broken one again', async () => {
    const visitor = newVisitor();
    const home = await loginAsStaff(house, visitor, 'afzender', 'integratie-kennemerzoom');
    expect(home.text()).toContain('EPD Kennemerzoom');
    const waiting = home.text().slice(home.text().indexOf('Wat wacht'));
    const path = /href="(\/afzender\/[^"]+)"/.exec(waiting)?.[1] ?? '';
    expect(path).toContain(`/afzender/${SENDER}/`);
    const delivery = await get(house, visitor, path);
    expect(delivery.text()).toContain('Probeer opnieuw');
    const look = await post(house, visitor, delivery, `${path}/opnieuw`, {});
    expect(look.text()).toContain('Er is nog niets veranderd');
    const seen = /name="seen" value="([^"]+)"/.exec(look.text())?.[1] ?? '';
    const again = await post(house, visitor, look, `${path}/opnieuw`, { seen });
    expect(again.text()).toContain('Het bericht klopt nog steeds niet');
  });

  it('does not see those of another', async () => {
    const { visitor } = await auditor();
    expect(
      (await get(house, visitor, `/afzender/${SENDER}/11111111-1111-4111-8111-111111111111`))
        .status,
    ).toBe(303);
  });
});

describe('the proofs of the ledger', () => {
  it('are for everyone, and hold nothing but hashes', async () => {
    const note = await house.app.inject('/ledger/checkpoint');
    const [origin, size = '0'] = note.body.split('\n');
    expect(origin).toBe('test/audit');
    const inclusion = await house.app.inject(`/ledger/proof/inclusion?seq=0&size=${size}`);
    expect(inclusion.json().proof.every((hash: string) => /^[A-Za-z0-9+/]{43}=$/.test(hash))).toBe(
      true,
    );
    const consistency = await house.app.inject(`/ledger/proof/consistency?from=1&to=${size}`);
    expect(consistency.statusCode).toBe(200);
  });

  it.each([
    '/ledger/proof/inclusion',
    '/ledger/proof/inclusion?seq=9&size=2',
    '/ledger/proof/consistency?from=1&to=999999',
  ])('say no to %s', async (url) => expect((await house.app.inject(url)).statusCode).toBe(400));
});
