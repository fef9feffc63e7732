import { expect, test } from 'vitest';
import { parseXml, XML_LIMITS } from '../../../src/ingest/hl7v3/parse.ts';
import { Problem } from '../../../src/platform/problem.ts';

const parse = (xml: string) => parseXml(Buffer.from(xml));

function refusal(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

test('a DOCTYPE is refused, so there are no entities of the sender', () => {
  const problem = refusal(() =>
    parse('<!DOCTYPE a [<!ENTITY b "c">]>\n<a xmlns="urn:hl7-org:v3">&b;</a>'),
  );
  expect(problem).toMatchObject({ kind: 'invalid', code: 'xml-doctype', expression: ['/'] });
});

test('an entity that XML does not know is not well formed, and its place is named', () => {
  const problem = refusal(() => parse('<a xmlns="urn:hl7-org:v3">\n <b>&nbsp;</b></a>'));
  expect(problem).toMatchObject({ code: 'xml-not-well-formed', expression: ['/a/b'] });
  expect(problem.message).toMatch(/line 2, column \d+/);
});

test('namespaces decide, not prefixes', () => {
  const tree = parse(
    `<p:a xmlns:p="urn:hl7-org:v3" xmlns:q="urn:hl7-nl:v3" xmlns:r="urn:hl7-org:sdtc"><q:b/>
<r:c/><p:d/><e/></p:a>`,
  );
  expect(tree.name).toBe('a');
  expect(tree.children.map((child) => child.name)).toEqual(['hl7nl:b', 'sdtc:c', 'd', 'x:e']);
});

test('attributes are children, and a type loses its prefix', () => {
  const tree = parse(
    `<a xmlns="urn:hl7-org:v3" xmlns:h="urn:hl7-org:v3"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="h:IVL_TS" value="1"/>`,
  );
  expect(tree.children.map(({ name, value }) => [name, value])).toEqual([
    ['@xsi:type', 'IVL_TS'],
    ['@value', '1'],
  ]);
});

test('a place is an XPath with a position where siblings share a name', () => {
  const tree = parse('<a xmlns="urn:hl7-org:v3"><b/><b id="2"/><c>text</c></a>');
  expect(tree.children.map((child) => child.place)).toEqual(['/a/b[1]', '/a/b[2]', '/a/c']);
  expect(tree.children[1]?.children[0]?.place).toBe('/a/b[2]/@id');
});

test('characters are read as the declaration says', () => {
  const xml = '<?xml version="1.0" encoding="ISO-8859-1"?><a xmlns="urn:hl7-org:v3">Renée</a>';
  expect(parseXml(Buffer.from(xml, 'latin1')).value).toBe('Renée');
});

test('two bytes a character are read in either order, with a mark or without', () => {
  const xml = '<?xml version="1.0" encoding="UTF-16"?><a xmlns="urn:hl7-org:v3">Renée ✓</a>';
  for (const text of [`\uFEFF${xml}`, xml]) {
    const bytes = Buffer.from(text, 'utf16le');
    expect(parseXml(bytes).value).toBe('Renée ✓');
    expect(parseXml(Buffer.from(bytes).swap16()).value).toBe('Renée ✓');
  }
  // What the declaration says of bytes that show otherwise.
  expect(parse(xml).value).toBe('Renée ✓');
});

test('bytes that do not decode are refused with their line', () => {
  const bytes = Buffer.concat([
    Buffer.from('<a>\n<b>'),
    Buffer.from([0xff]),
    Buffer.from('</b></a>'),
  ]);
  const problem = refusal(() => parseXml(bytes));
  expect(problem.code).toBe('xml-encoding');
  expect(problem.message).toContain('line 2');
});

test('depth, size, attributes and nodes are bounded', () => {
  const deep = '<a>'.repeat(200) + '</a>'.repeat(200);
  expect(refusal(() => parse(deep)).code).toBe('xml-depth');
  const wide = `<a ${Array.from({ length: 100 }, (_, at) => `b${at}="1"`).join(' ')}/>`;
  expect(refusal(() => parse(wide)).code).toBe('xml-attributes');
  // Known before the tag ends, and prefixes count: a tag of them alone took seconds.
  const prefixes = Array.from({ length: 100 }, (_, at) => `xmlns:b${at}="urn:${at}"`).join(' ');
  expect(refusal(() => parse(`<a ${prefixes}`)).code).toBe('xml-attributes');
  const many = `<a>${'<b/>'.repeat(50)}</a>`;
  const few = { ...XML_LIMITS, maxNodes: 20, maxBytes: 1_000 };
  expect(refusal(() => parseXml(Buffer.from(many), few)).code).toBe('xml-nodes');
  expect(refusal(() => parseXml(Buffer.alloc(2_000), few)).kind).toBe('too-large');
});

test('what an element parts in a text stays apart, what a comment parts does not', () => {
  const texts = (inner: string) => {
    const [text] = parse(`<a xmlns="urn:hl7-org:v3"><text>${inner}</text></a>`).children;
    return text?.value;
  };
  expect(texts('1x daags<br/>2 tabletten')).toBe('1x daags\n2 tabletten');
  expect(texts('Let op <b>niet</b> pletten')?.split(/\s+/)).toEqual([
    'Let',
    'op',
    'niet',
    'pletten',
  ]);
  expect(texts('<b>Niet</b> pletten')?.split(/\s+/)).toEqual(['Niet', 'pletten']);
  expect(texts('<p>een</p><p>twee</p>')).toBe('een\ntwee');
  expect(texts('<list><item>een</item><item>twee</item></list>')?.split(/\s+/)).toEqual([
    'een',
    'twee',
  ]);
  expect(texts('1x <!-- was 3x --><![CDATA[daags & meer]]>')).toBe('1x daags & meer');
});
