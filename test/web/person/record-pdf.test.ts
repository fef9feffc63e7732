/** The own record to keep: what a document must have to be PDF/A-2b (ISO 19005-2). */
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkDocuments } from '../../../src/ingest/fhir-push/document-push.ts';
import { recordPdf } from '../../../src/web/person/record-pdf.ts';

const given = (text: string, rows = 3) => ({
  record: [
    {
      custodian: 'a',
      resource: {
        resourceType: 'Patient',
        id: 'p',
        name: [{ text: 'Şükrü van ’t Hof-Łuczak' }],
        birthDate: '1954-05-11',
      },
    },
    ...Array.from({ length: rows }, (_, nth) => ({
      custodian: nth % 2 === 0 ? 'a' : 'b',
      resource: {
        resourceType: 'Condition',
        id: `c${nth}`,
        code: { text: `${text} ${nth}` },
        onsetDateTime: '2020-01-01',
      },
    })),
  ],
  names: new Map([
    ['a', 'Ziekenhuis Proef'],
    ['b', 'Huisarts Proef'],
  ]),
  apart: new Set<string>(),
  at: new Date('2026-01-02T10:00:00Z'),
  digest: 'ab'.repeat(32),
});

/** The objects of a file without object streams, by number. */
function objectsOf(bytes: Buffer): Map<string, { head: string; stream?: Buffer }> {
  const text = bytes.toString('latin1');
  const found = new Map<string, { head: string; stream?: Buffer }>();
  for (const { 1: number = '', 2: body = '', index } of text.matchAll(
    /(\d+) 0 obj\n([\s\S]*?)endobj/g,
  )) {
    const at = body.indexOf('stream\n');
    const from = index + `${number} 0 obj\n`.length + at + 'stream\n'.length;
    const head = at < 0 ? body : body.slice(0, at);
    const length = Number(/\/Length (\d+)/.exec(head)?.[1] ?? 0);
    const raw = bytes.subarray(from, from + length);
    const isPacked = head.includes('/FlateDecode');
    found.set(number, {
      head,
      ...(at < 0 ? {} : { stream: isPacked ? inflateSync(raw) : raw }),
    });
  }
  return found;
}

const heads = (bytes: Buffer) => [...objectsOf(bytes).values()].map(({ head }) => head);

/** What is drawn, as letters: each font says which sign stands for which letter. */
function drawnText(bytes: Buffer): string {
  const objects = objectsOf(bytes);
  const letters = new Map<string, Map<string, string>>();
  const names = /\/Font <<([^>]*)>>/.exec(heads(bytes).find((one) => /\/Font <</.test(one)) ?? '');
  for (const { 1: name = '', 2: number = '' } of (names?.[1] ?? '').matchAll(
    /\/(F\d+) (\d+) 0 R/g,
  )) {
    const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(number)?.head ?? '')?.[1] ?? '';
    const cmap = objects.get(map)?.stream?.toString('latin1') ?? '';
    const own = new Map<string, string>();
    for (const { 1: from = '', 2: list = '' } of cmap.matchAll(/<(\w{4})> <\w{4}> \[([^\]]*)\]/g)) {
      for (const [nth, { 1: hex = '' }] of [...list.matchAll(/<(\w+)>/g)].entries()) {
        const code = (Number.parseInt(from, 16) + nth).toString(16).padStart(4, '0');
        own.set(code, Buffer.from(hex, 'hex').swap16().toString('utf16le'));
      }
    }
    letters.set(name, own);
  }
  let text = '';
  for (const { stream } of objects.values()) {
    if (!stream?.includes('\nBT\n')) continue;
    let font = '';
    for (const { 1: name, 2: hex } of stream
      .toString('latin1')
      .matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9a-f]+)>/g)) {
      if (name) font = name;
      for (const code of hex?.match(/.{4}/g) ?? []) text += letters.get(font)?.get(code) ?? '\0';
    }
    text += '\n';
  }
  return text;
}

describe('the record as PDF', () => {
  it('says that it is PDF/A-2b, in the two places that must say the same', async () => {
    const bytes = await recordPdf(given('Hypertensie'), 'nl');
    const text = bytes.toString('latin1');
    expect(text.startsWith('%PDF-1.7\n%')).toBe(true);
    expect([...bytes.subarray(10, 14)].every((one) => one > 127)).toBe(true);
    expect(text).toMatch(/<pdfaid:part>2<\/pdfaid:part>\s*<pdfaid:conformance>B</);
    expect(text).toMatch(/\/ID \[<[0-9a-f]{32}> <[0-9a-f]{32}>\]/);
    expect(text).not.toMatch(
      /\/Encrypt|\/JavaScript|\/OpenAction|\/EmbeddedFile|\/LZWDecode|\/Launch/,
    );
    const meta = [...objectsOf(bytes).values()].find(({ head }) => head.includes('/Subtype /XML'));
    const xmp = meta?.stream?.toString('utf8') ?? '';
    expect(meta?.head).not.toContain('/Filter');
    expect(xmp).toContain('Mijn dossier');
    const info = heads(bytes).find((one) => one.includes('/CreationDate')) ?? '';
    expect(info).not.toContain('/ModDate');
    expect(heads(bytes).filter((one) => one.includes('(D:20260102100000Z)'))).toHaveLength(1);
    expect(xmp).toMatch(/<xmp:CreateDate>2026-01-02T10:00:00Z</);
  });

  it('is taken in elsewhere without a word about its form', async () => {
    const bytes = await recordPdf(given('Hypertensie'), 'en');
    const data = bytes.toString('base64');
    const url = 'urn:uuid:0b7a4a54-6d5a-4c0e-9d55-5f2f3f4f7c11';
    const contentType = 'application/pdf';
    const pushed = (content: string) => [
      {
        fullUrl: 'urn:uuid:5c8a1a0e-0c35-4c6e-8a86-3b3d4d1f9a02',
        resource: {
          resourceType: 'DocumentReference',
          content: [{ attachment: { contentType, url } }],
        },
      },
      { fullUrl: url, resource: { resourceType: 'Binary', contentType, data: content } },
    ];
    expect(checkDocuments(pushed(data))).toEqual([]);
    const other = Buffer.from(bytes.toString('latin1').replaceAll('pdfaid:part', 'x'), 'latin1');
    expect(checkDocuments(pushed(other.toString('base64')))).toMatchObject([{ code: 'pdf-not-a' }]);
  });

  it('carries its fonts, colours and structure', async () => {
    const all = heads(await recordPdf(given('Hypertensie'), 'nl'));
    const root = all.find((one) => one.includes('/Type /Catalog')) ?? '';
    expect(root).toContain('/OutputIntents');
    expect(all.some((one) => /\/Marked true/.test(one))).toBe(true);
    expect(root).toContain('/StructTreeRoot');
    expect(root).toContain('/Lang (nl-NL)');
    expect(all.some((one) => one.includes('/S /GTS_PDFA1'))).toBe(true);
    const fonts = all.filter((one) => one.includes('/Type /FontDescriptor'));
    expect(fonts).toHaveLength(2);
    expect(fonts.every((one) => /\/FontFile2 \d+ 0 R/.test(one))).toBe(true);
    expect(all.some((one) => /\/Subtype \/Type1\b/.test(one))).toBe(false);
    expect(all.some((one) => one.includes('/CIDToGIDMap /Identity'))).toBe(true);
  });

  it('draws every letter that it can, and a sign for what it cannot', async () => {
    const drawn = drawnText(await recordPdf(given('µmol/L ≥ 5 \u0007山'), 'nl'));
    expect(drawn).toContain('Şükrü');
    expect(drawn).toContain('≥');
    expect(drawn).toContain('\ufffd');
    expect(drawn).not.toContain('\0');
    expect(drawn).toContain('ab'.repeat(8));
  });

  it('says once what is said the same many times, with how many', async () => {
    const { record, ...rest } = given('Hypertensie', 1);
    const [patient, one] = record;
    if (!patient || !one) throw new Error('the record is empty');
    const same = [1, 2, 3].map((nth) => ({ ...one, resource: { ...one.resource, id: `s${nth}` } }));
    const drawn = drawnText(await recordPdf({ ...rest, record: [patient, ...same] }, 'nl'));
    expect(drawn).toContain('Hypertensie 0 (3 ×)');
    expect(drawn.split('Hypertensie 0')).toHaveLength(2);
    expect(drawn).toContain('1 januari 2020');
  });

  it('lets others go on while it is made', async () => {
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    await recordPdf(given('Uitslag', 500), 'en');
    clearInterval(count);
    expect(turns).toBeGreaterThan(10);
  });
});
