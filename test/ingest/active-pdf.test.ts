/** PDF with active content, in the ways that a scanner can be led past it (ISO 32000-1). */
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isActivePdf, looksLikePdf } from '../../src/ingest/active-pdf.ts';

const HEAD = '%PDF-1.7\n';
const SCRIPT = '<</S/JavaScript/JS(app.alert\\(1\\))>>';
const PAGE = '/Type/Action/S/GoTo/D[3 0 R/XYZ null null 0]';
const URI_AT_9 = '9 0 obj<</S/URI/URI(https://x.example)>>endobj';
const file = (...parts: (string | Buffer)[]) =>
  Buffer.concat([HEAD, ...parts, '\n%%EOF'].map((part) => Buffer.from(part as string, 'latin1')));
const stream = (dictionary: string, bytes: Buffer) =>
  Buffer.concat([
    Buffer.from(`5 0 obj\n<<${dictionary}/Length ${bytes.length}>>stream\n`),
    bytes,
    Buffer.from('\nendstream\nendobj\n'),
  ]);
const packed = (objects: string, filter = 'FlateDecode') =>
  stream(`/Type/ObjStm/N 1/First 4/Filter/${filter}`, deflateSync(Buffer.from(`7 0 ${objects}`)));
const packedAt9 = (objects: string) =>
  stream('/Type/ObjStm/N 1/First 4/Filter/FlateDecode', deflateSync(Buffer.from(`9 0 ${objects}`)));

describe('a PDF that acts is found', () => {
  test.each([
    ['a script in the catalogue', file(`1 0 obj<</OpenAction ${SCRIPT}>>endobj`)],
    ['a name with letters as #xx', file('1 0 obj<</S/J#61v#61Script/J#53(x)>>endobj')],
    ['an object stream', file(packed(SCRIPT))],
    [
      'an object stream whose own name is written with #xx',
      file(stream('/Type/Obj#53tm/Filter/FlateDecode', deflateSync(Buffer.from(SCRIPT)))),
    ],
    ['a second object stream', file(packed('<</Type/Catalog>>'), packed(SCRIPT))],
    [
      'a later version behind the first (incremental update)',
      file('1 0 obj<</Type/Catalog>>endobj\n%%EOF\n', `1 0 obj<</AA<</O ${SCRIPT}>>>>endobj`),
    ],
    [
      'an object in the bytes of a stream, where the table of places points',
      file(stream('', Buffer.from(`9 0 obj${SCRIPT}endobj`))),
    ],
    [
      'what a comment calls a stream',
      file(`1 0 obj<<>>endobj\n% stream\n9 0 obj${SCRIPT}endobj\n% endstream\n`),
    ],
    [
      'what a text calls a stream',
      file(`1 0 obj<</T( stream\n)/OpenAction 9 0 R/X${SCRIPT}/U(endstream)>>endobj`),
    ],
    ['an action that is named elsewhere', file('1 0 obj<</OpenAction 9 0 R>>endobj')],
    [
      'an action behind the page to show first',
      file('1 0 obj<</OpenAction<</S/GoTo/D[3 0 R/Fit]/Next<</S/URI/URI(https://x)>>>>>>endobj'),
    ],
    ['a page of another file', file('1 0 obj<</OpenAction<</S/GoToR/F(x.pdf)/D[0/Fit]>>>>endobj')],
    ['a link that opens by itself', file('1 0 obj<</OpenAction<</S/URI/URI(http://x)>>>>endobj')],
    ['a print by itself', file('1 0 obj<</OpenAction<</S/Named/N/Print>>>>endobj')],
    [
      'an action that a later version puts in the place of a page',
      file(`1 0 obj<</OpenAction 9 0 R>>endobj 9 0 obj<<${PAGE}>>endobj\n%%EOF\n`, URI_AT_9),
    ],
    [
      'an action hidden in a stream, with a page shown to who looks for it',
      file(
        `1 0 obj<</OpenAction 9 0 R>>endobj 9 0 obj<<${PAGE}>>endobj `,
        stream('', Buffer.from(URI_AT_9)),
      ),
    ],
    [
      'a dictionary that ends in a text',
      file(`1 0 obj<</OpenAction<<${PAGE}/T(#29>>)/S/URI/URI(http://x)>>>>endobj`),
    ],
    ['a form that sends itself', file('1 0 obj<</S/SubmitForm/F(https://x.example)>>endobj')],
    [
      'a name over the edge of two pieces',
      file(stream('', Buffer.concat([Buffer.alloc(65_530, 32), Buffer.from('/Java#53cript ')]))),
    ],
  ])('%s', (_how, pdf) => {
    expect(isActivePdf(pdf)).toBe(true);
  });
});

describe('a PDF that cannot be looked into is not let through', () => {
  test.each([
    [
      'encrypted objects',
      file(
        stream('/Type/ObjStm/Filter/FlateDecode', Buffer.from('f00d', 'hex')),
        'trailer<</Encrypt 3 0 R>>',
      ),
    ],
    ['another packing', file(stream('/Type/ObjStm/Filter/LZWDecode', gzipSync(Buffer.from('x'))))],
    [
      'objects without end',
      file(stream('/Type/ObjStm/Filter/FlateDecode', deflateSync(Buffer.alloc(40_000_000)))),
    ],
  ])('%s', (_how, pdf) => {
    expect(isActivePdf(pdf)).toBe(true);
  });
});

describe('an ordinary PDF passes', () => {
  const noise = Buffer.alloc(3_000_000);
  for (let at = 0, seed = 7; at < noise.length; at++) {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    noise[at] = seed >> 16;
  }
  test.each([
    ['objects in an object stream', file(packed('<</Type/Catalog/Pages 2 0 R>>'))],
    ['a picture', file(stream('/Subtype/Image/Filter/DCTDecode', noise))],
    [
      'the page to show first',
      file('1 0 obj<</Type/Catalog/OpenAction[1 0 R/XYZ null null 0]>>endobj'),
    ],
    ['the action that shows it', file(`1 0 obj<</OpenAction<<${PAGE}>>>>endobj`)],
    [
      'the action that shows it, elsewhere',
      file(`1 0 obj<</OpenAction 9 0 R>>endobj 9 0 obj <<${PAGE}>>endobj`),
    ],
    [
      'the action that shows it, in an object stream',
      file('1 0 obj<</OpenAction 9 0 R>>endobj ', packedAt9(`<<${PAGE}>>`)),
    ],
    ['the last page shown first', file('1 0 obj<</OpenAction<</S/Named/N/LastPage>>>>endobj')],
    ['names that begin alike', file('1 0 obj<</AAB 1/JSX 2/Launcher 3>>endobj')],
    ['nothing', file()],
  ])('with %s', (_how, pdf) => {
    expect(isActivePdf(pdf)).toBe(false);
  });
  test('is known by its beginning, whatever it is called', () => {
    expect(looksLikePdf(file())).toBe(true);
    expect(looksLikePdf(Buffer.from('MZ'))).toBe(false);
  });
});

describe('files inside a PDF', () => {
  const inside = (name: string, bytes: Buffer, as = '/Type/EmbeddedFile') =>
    file(
      '1 0 obj<</Names<</EmbeddedFiles<</Names[(a)8 0 R]>>>>/AF[8 0 R]>>endobj\n',
      `8 0 obj<</Type/Filespec/F(${name})/UF${name16(name)}/AFRelationship/Data`,
      '/EF<</F 5 0 R/UF 5 0 R>>>>endobj\n',
      stream(as, bytes),
    );
  const name16 = (name: string) =>
    `<FEFF${Buffer.from(name, 'utf16le').swap16().toString('hex').toUpperCase()}>`;
  const XML = Buffer.from('<ClinicalDocument xmlns="urn:hl7-org:v3"/>');

  test.each([
    ['the letter as CDA, beside its text (PDF/A-3)', inside('brief.xml', XML)],
    [
      'packed, as programs write it',
      inside('brief.xml', deflateSync(XML), '/Subtype/text#2Fxml/Filter/FlateDecode'),
    ],
    ['an enclosure in PDF/A (PDF/A-2)', inside('bijlage.pdf', file('1 0 obj<<>>endobj'))],
    ['a picture', inside('foto.JPG', Buffer.from('ffd8ffe000104a4649460001', 'hex'))],
  ])('pass when each would be taken by itself: %s', (_what, pdf) => {
    expect(isActivePdf(pdf)).toBe(false);
  });

  test.each([
    ['a program', inside('brief.xml', Buffer.from('MZ\0\0\x90'))],
    ['a program by its name', inside('brief.bat', Buffer.from('del'))],
    ['a PDF that acts', inside('bijlage.pdf', file(`1 0 obj<</OpenAction ${SCRIPT}>>endobj`))],
    ['a page with a script', inside('brief.xml', Buffer.from('<h:script>x()</h:script>'))],
    ['what is packed otherwise', inside('brief.xml', XML, '/Filter/LZWDecode')],
    ['what is packed twice', inside('a.xml', XML, '/Filter[/FlateDecode/FlateDecode]')],
    ['what is not there', file('1 0 obj<</EF<</F 7 0 R>>/F(a.xml)>>endobj')],
    ['what is named elsewhere', file('1 0 obj<</EF 7 0 R/F(a.xml)>>endobj')],
    [
      'a note with a program',
      file(
        '1 0 obj<</Subtype/FileAttachment/FS<</F(a.exe)/EF<</F 5 0 R>>>>>>endobj ',
        stream('', XML),
      ),
    ],
    [
      'one behind the other',
      Array.from({ length: 3 }).reduce<Buffer>((inner) => inside('a.pdf', inner), file()),
    ],
  ])('are refused with %s', (_what, pdf) => {
    expect(isActivePdf(pdf)).toBe(true);
  });
});
