/** The MedMij lists: read by their schema, and never replaced by something worse. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLists, type Lists } from '../../src/medmij/lists/lists.ts';
import { readList } from '../../src/medmij/lists/read-list.ts';
import { createLog } from '../../src/platform/log.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';

const SPACE = 'xmlns://afsprakenstelsel.medmij.nl/';

function list(name: string, space: string, body: string, number = 5): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="${SPACE}${space}">` +
    `<Tijdstempel>2026-01-02T03:04:05Z</Tijdstempel><Volgnummer>${number}</Volgnummer>${body}</${name}>`
  );
}

const nodes = (hosts: readonly string[], number = 5): string =>
  list(
    'Whitelist',
    'whitelist/release2/',
    `<MedMijNodes>${hosts.map((h) => `<MedMijNode><Hostname>${h}</Hostname></MedMijNode>`).join('')}</MedMijNodes>`,
    number,
  );

const clients = (rows: string, release = 'release2') =>
  list('OAuthclientlist', `oauthclientlist/${release}/`, `<OAuthclients>${rows}</OAuthclients>`);

const client = (host: string, name: string, more = '') =>
  `<OAuthclient><Hostname>${host}</Hostname><OAuthclientOrganisatienaam>${name}</OAuthclientOrganisatienaam>${more}</OAuthclient>`;

describe('a list', () => {
  it('is read with its number and values', () => {
    expect(readList(nodes(['pgo.example.nl', 'a-b.nl']))).toMatchObject({
      kind: 'Whitelist',
      volgnummer: 5,
      hostnames: new Set(['pgo.example.nl', 'a-b.nl']),
    });
  });

  it('of clients says which services only where its layout can', () => {
    const old = readList(clients(client('pgo.example.nl', 'Een PGO')));
    const late = readList(
      clients(
        client(
          'pgo.example.nl',
          'Een PGO',
          '<Gegevensdiensten><Gegevensdienst><GegevensdienstId>48</GegevensdienstId></Gegevensdienst></Gegevensdiensten>',
        ),
        'release3',
      ),
    );
    const servicesOf = (one: typeof old) =>
      one.kind === 'OAuthclientlist' ? one.clients.get('pgo.example.nl')?.services : null;
    expect(servicesOf(old)).toBeUndefined();
    expect([...(servicesOf(late)?.keys() ?? [])]).toEqual(['48']);
  });

  it.each([
    [
      'a capital in a hostname',
      nodes(['PGO.example.nl']),
      'Whitelist/MedMijNodes[1]/MedMijNode[1]/Hostname[1]',
    ],
    [
      'a hostname without a dot',
      nodes(['localhost']),
      'Whitelist/MedMijNodes[1]/MedMijNode[1]/Hostname[1]',
    ],
    [
      'the same hostname twice',
      nodes(['a.nl', 'a.nl']),
      'Whitelist/MedMijNodes[1]: Hostname twice',
    ],
    [
      'an element that is not in the schema',
      nodes(['a.nl']).replace('</MedMijNode>', '<X/></MedMijNode>'),
      'Whitelist/MedMijNodes[1]/MedMijNode[1]',
    ],
    ['a number of zero', nodes(['a.nl'], 0), 'Whitelist/Volgnummer[1]'],
    [
      'a day that is none',
      nodes(['a.nl']).replace('2026-01-02', '2026-02-30'),
      'Whitelist/Tijdstempel[1]',
    ],
    [
      'an attribute that is not in the schema',
      nodes(['a.nl']).replace('<Hostname>', '<Hostname tot="2027-01-01">'),
      'Whitelist/MedMijNodes[1]/MedMijNode[1]/Hostname[1]',
    ],
    [
      'an attribute at what holds others',
      nodes(['a.nl']).replace('<MedMijNode>', '<MedMijNode xml:lang="nl">'),
      'Whitelist/MedMijNodes[1]/MedMijNode[1]',
    ],
    ['a time without a zone', nodes(['a.nl']).replace('05Z', '05'), 'Whitelist/Tijdstempel[1]'],
    [
      'a short name',
      clients(client('a.nl', 'AB')),
      'OAuthclientlist/OAuthclients[1]/OAuthclient[1]/OAuthclientOrganisatienaam[1]',
    ],
    ['another namespace', nodes(['a.nl']).replace('release2', 'release9'), 'Whitelist'],
    [
      'elements of another namespace',
      nodes(['a.nl']).replace('<Hostname>', '<Hostname xmlns="urn:x">'),
      'Whitelist/MedMijNodes[1]/MedMijNode[1]/Hostname[1]',
    ],
  ])('with %s is refused, with the place', (_name, xml, place) => {
    expect(() => readList(xml)).toThrow(
      expect.objectContaining({ code: 'list-schema', expression: [place, 'line 1'] }),
    );
  });

  it('may say where its schema is', () => {
    const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"';
    const read = readList(nodes(['a.nl']).replace('<Whitelist ', `<Whitelist ${xsi} `));
    expect(read).toMatchObject({ kind: 'Whitelist' });
  });

  it('that does not fit says on which line', () => {
    const xml = nodes(['a.nl', 'B.nl', 'c.nl']).replaceAll('<MedMijNode>', '\n<MedMijNode>\n');
    const expression = ['Whitelist/MedMijNodes[1]/MedMijNode[2]/Hostname[1]', 'line 5'];
    expect(() => readList(xml)).toThrow(expect.objectContaining({ expression }));
    expect(() => readList(`${xml.slice(0, -8)}`)).toThrow(
      expect.objectContaining({ code: 'list-xml', expression: ['line 7'] }),
    );
  });

  it('may hold addresses without TLS or with a port outside production, and not in it', () => {
    const zal = (uri: string) =>
      list(
        'Zorgaanbiederslijst',
        'zorgaanbiederslijst/release2/',
        '<Zorgaanbieders><Zorgaanbieder><Zorgaanbiedernaam>proefhuis@medmij</Zorgaanbiedernaam>' +
          '<Gegevensdiensten><Gegevensdienst><GegevensdienstId>48</GegevensdienstId>' +
          `<AuthorizationEndpoint><AuthorizationEndpointuri>${uri}/a</AuthorizationEndpointuri></AuthorizationEndpoint>` +
          `<TokenEndpoint><TokenEndpointuri>${uri}/t</TokenEndpointuri></TokenEndpoint>` +
          '<Systeemrollen><Systeemrol><Systeemrolcode>X</Systeemrolcode><ResourceEndpoint>' +
          `<ResourceEndpointuri>${uri}/r</ResourceEndpointuri></ResourceEndpoint></Systeemrol></Systeemrollen>` +
          '</Gegevensdienst></Gegevensdiensten></Zorgaanbieder></Zorgaanbieders>',
      );
    for (const uri of [
      'http://127.0.0.1:8080',
      'http://localhost:3000',
      'https://localhost:1',
      'https://127.0.0.1:8443',
    ]) {
      const read = readList(zal(uri), { plainHttp: true });
      expect(read).toMatchObject({ services: [{ authorizationUri: `${uri}/a` }] });
      expect(() => readList(zal(uri))).toThrow(expect.objectContaining({ code: 'list-schema' }));
    }
    for (const uri of [
      'ftp://a.nl',
      'http://a.nl?x',
      'http://u@a.nl',
      'http://a.nl#',
      'http:/a.nl',
      // The front channel of a list has no port, in a demo as elsewhere.
      'https://a.example.nl:1',
    ]) {
      expect(() => readList(zal(uri), { plainHttp: true })).toThrow();
    }
    expect(readList(zal('https://a.example.nl'))).toMatchObject({ volgnummer: 5 });
  });

  it.each([
    ['a document type', `<!DOCTYPE x [<!ENTITY y "z">]>${nodes(['a.nl']).slice(38)}`],
    ['half of it', nodes(['a.nl']).slice(0, -20)],
    ['nothing', ''],
  ])('that is not plain XML (%s) is refused', (_name, xml) => {
    expect(() => readList(xml)).toThrow(expect.objectContaining({ code: 'list-xml' }));
  });
});

describe('lists in use', () => {
  let db: TestDatabase;
  let server: Server;
  let lists: Lists;
  const files = new Map<string, string | Buffer>();
  let mediaType = 'application/xml';
  const clock = { ahead: 0 };
  const written: string[] = [];
  const open = () =>
    createLists({
      database: db.database,
      clock: () => new Date(Date.now() + clock.ahead),
      log: createLog({ level: 'error', destination: { write: (line) => void written.push(line) } }),
      settings: {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...{ refreshSeconds: 900, alarmSeconds: 3_600, trustSeconds: 86_400 },
      },
    });
  const put = async (xml: string) => {
    files.set('/MedMij_Whitelist.xml', xml);
    await lists.refresh();
    return [...(lists.current('Whitelist')?.hostnames ?? [])];
  };

  beforeAll(async () => {
    db = await testDatabase();
    server = createServer((request, response) => {
      const file = files.get(request.url?.split('?')[0] ?? '');
      response.statusCode = file === undefined ? 404 : 200;
      response.setHeader('content-type', mediaType);
      response.end(file ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    lists = open();
    files.set('/MedMij_OAuthclientlist.xml', clients(client('pgo.example.nl', 'Een PGO')));
  });
  afterAll(async () => {
    lists.close();
    server.close();
    await db.close();
  });

  it('take a newer one, and the same number again', async () => {
    expect(await put(nodes(['a.nl'], 7))).toEqual(['a.nl']);
    expect(await put(nodes(['a.nl'], 7))).toEqual(['a.nl']);
    // Changed under the same number: it is not another publication (5.3).
    expect(await put(nodes(['a.nl', 'evil.nl'], 7))).toEqual(['a.nl']);
    expect(await put(nodes(['a.nl', 'b.nl'], 8))).toEqual(['a.nl', 'b.nl']);
  });

  it.each([
    ['an older', nodes(['c.nl'], 7), 'list-older'],
    ['an empty', nodes([], 9), 'list-empty'],
    ['a broken', nodes(['c.nl'], 9).slice(0, -5), 'list-xml'],
    ['another', clients(client('c.nl', 'Een PGO')), 'list-kind'],
  ])('keep the last good one when %s comes', async (_name, xml, fault) => {
    expect(await put(xml)).toEqual(['a.nl', 'b.nl']);
    expect(lists.health()['Whitelist']?.fault).toBe(fault);
  });

  it('say where they were refused, in the log and in the health, and not what stood there', async () => {
    await put(nodes(['a.nl', 'Geheim.nl'], 9));
    const place = ['Whitelist/MedMijNodes[1]/MedMijNode[2]/Hostname[1]', 'line 1'];
    expect(lists.health()['Whitelist']).toMatchObject({ fault: 'list-schema', place });
    const line = JSON.parse(written.filter((one) => one.includes('Whitelist')).at(-1) ?? '{}');
    expect(line).toMatchObject({ list: 'Whitelist', fault: 'list-schema', place });
    expect(JSON.stringify(line)).not.toContain('Geheim');
  });

  const named = (encoding: string, number: number) =>
    list(
      'Gegevensdienstnamenlijst',
      'gegevensdienstnamenlijst/release1/',
      '<Gegevensdiensten><Gegevensdienst><GegevensdienstId>48</GegevensdienstId>' +
        '<Weergavenaam>Patiënten</Weergavenaam></Gegevensdienst></Gegevensdiensten>',
      number,
    ).replace('UTF-8', encoding);
  const swapped = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();

  it.each<[string, Buffer, string]>([
    ['ISO-8859-1, by its declaration', Buffer.from(named('ISO-8859-1', 1), 'latin1'), ''],
    ['ISO-8859-1, by its media type', Buffer.from(named('x', 2), 'latin1'), '; charset=iso-8859-1'],
    ['UTF-16', Buffer.from(`\uFEFF${named('UTF-16', 3)}`, 'utf16le'), ''],
    ['UTF-16, the other way round', swapped(named('UTF-16', 4)), '; charset="UTF-16"'],
    ['UTF-16 without a mark', Buffer.from(named('UTF-16', 5), 'utf16le'), ''],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${named('UTF-8', 6)}`), '; charset=iso-8859-1'],
    ['UTF-8 that calls itself UTF-16', Buffer.from(named('UTF-16', 7)), ''],
  ])('are read as they are written: %s', async (_name, bytes, charset) => {
    files.set('/MedMij_Gegevensdienstnamenlijst.xml', bytes);
    mediaType = `application/xml${charset}`;
    await lists.refresh();
    expect(lists.health()['Gegevensdienstnamenlijst']?.fault).toBeUndefined();
    expect(lists.current('Gegevensdienstnamenlijst')?.names.get('48')).toBe('Patiënten');
  });

  it.each([
    ['that is not known', named('EBCDIC-XYZ', 20)],
    ['that their bytes are not of', Buffer.from(named('UTF-8', 20), 'latin1')],
  ])('in an encoding %s are refused, and the last good one stays', async (_name, bytes) => {
    files.set('/MedMij_Gegevensdienstnamenlijst.xml', bytes);
    mediaType = 'application/xml';
    await lists.refresh();
    expect(lists.health()['Gegevensdienstnamenlijst']).toMatchObject({
      fault: 'list-xml',
      place: ['encoding'],
      volgnummer: 7,
    });
  });

  it('of a gateway that is behind are those that another one has newer', async () => {
    const behind = open();
    await behind.start();
    await put(nodes(['a.nl', 'b.nl', 'd.nl'], 12));
    files.set('/MedMij_Whitelist.xml', nodes(['old.nl'], 11));
    await behind.refresh();
    expect([...(behind.current('Whitelist')?.hostnames ?? [])]).toEqual(['a.nl', 'b.nl', 'd.nl']);
    expect(behind.health()['Whitelist']?.fault).toBe('list-older');
    behind.close();
  });

  it('are there again after a start while the server is away', async () => {
    files.clear();
    const next = open();
    await next.start();
    expect([...(next.current('Whitelist')?.hostnames ?? [])]).toEqual(['a.nl', 'b.nl', 'd.nl']);
    expect(next.isFresh()).toBe(true);
    clock.ahead = 86_401_000;
    expect(next.isFresh()).toBe(false);
    next.close();
  });
});
