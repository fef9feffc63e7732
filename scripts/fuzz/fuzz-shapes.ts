/** Whole bodies of odd shapes: numbers, XML, wide and nested things, bundles of requests. */
import type { Random } from '../../src/demo/region/random.ts';

const NS = 'xmlns="http://hl7.org/fhir"';

const NUMBERS = [
  ...['1e400', '-1e400', '1e-400', '1e5000000', '-0', '00', '+1', '1.', '.5', '0x10', '1e', 'NaN'],
  ...[`0.${'0'.repeat(3_000)}1`, '9'.repeat(10_000)],
];

const ENTITIES = Array.from(
  { length: 9 },
  (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`,
).join('');

const XML = [
  '<f:Observation xmlns:f="http://hl7.org/fhir"><f:status value="final"/></f:Observation>',
  `<Observation ${NS} ${NS}><status value="final"/></Observation>`,
  `<Observation ${NS}><status xmlns="urn:x" value="final"/></Observation>`,
  `<!DOCTYPE l [<!ENTITY e0 "ha">${ENTITIES}]><Observation ${NS}><status value="&e9;"/></Observation>`,
  `<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><Observation ${NS}/>`,
  `<Observation ${NS}><!-- -- --><status value="&#x110000;"/></Observation>`,
  `<Observation ${NS}><status value="&#xD800;"/><![CDATA[<x/>]]></Observation>`,
  `<Observation ${NS}><status value="final" value="amended"/></Observation>`,
  `<Observation ${NS}><__proto__ value="1"/><:a/><a:b:c/></Observation>`,
  `<Observation ${NS}><contained><Patient/><Patient/></contained></Observation>`,
  `<Observation ${NS}>${'<extension url="urn:x">'.repeat(3_000)}</Observation>`,
  `<?xml version="1.0" encoding="UTF-16"?><Observation ${NS}/>`,
  `<Observation ${NS}/><Observation ${NS}/>`,
];

const URLS = [
  ...['', '/', '//', '///Patient', '?', '..', '../x', 'Patient/../x', 'Patient//', '$x', 'x/y/z'],
  ...['http://other.example/Patient', '//other.example/x', 'Patient/%2e%2e', '\u0000', '%', 'é'],
  ...['Observation?', 'Observation?_count=1', 'Observation?identifier=a|b', 'metadata', '_history'],
];

/** By the same random stream the same. */
export function oddShape(random: Random, references: readonly string[]): Buffer {
  const reference = random.pick(references);
  const observation = (more: string) =>
    `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"${reference}"}${more}}`;
  const kind = random.int(0, 5);
  if (kind === 0) return Buffer.from(random.pick(XML));
  if (kind === 1) {
    return Buffer.from(observation(`,"valueQuantity":{"value":${random.pick(NUMBERS)}}`));
  }
  if (kind === 2) {
    const name = random.pick(['note', 'extension', 'performer', 'identifier', 'category', 'x']);
    const one = random.pick(['null', '{}', '{"text":"x"}', '{"url":"urn:x","valueString":"y"}']);
    const many = Array.from({ length: random.pick([1, 50, 2_000]) }, () => one);
    return Buffer.from(observation(`,"${name}":[${many}]`));
  }
  if (kind === 3)
    return Buffer.from(observation(`,"_status":${random.pick(['[]', '[null]', '1'])}`));
  return Buffer.from(JSON.stringify(bundleOf(random, JSON.parse(observation('')))));
}

function bundleOf(random: Random, resource: unknown): unknown {
  const type = random.pick(['batch', 'transaction']);
  const inner = { resourceType: 'Bundle', type, entry: [{ resource }] };
  const entry = Array.from({ length: random.int(1, 12) }, () => {
    const method = random.pick(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', '']);
    return random.pick<unknown>([
      { request: { method, url: random.pick(URLS) }, resource: random.pick([resource, inner]) },
      {
        request: { method, url: random.pick(URLS) },
        fullUrl: random.pick(['', 1, 'urn:uuid:', 'x']),
      },
      { request: { method: 'POST', url: random.pick(['', '/', 'Bundle']) }, resource: inner },
      { request: random.pick([null, 'GET x', [], { method: ['GET'], url: {} }]) },
      random.pick([null, 1, 'x', []]),
    ]);
  });
  return {
    resourceType: 'Bundle',
    type,
    entry: random.chance(0.9) ? entry : random.pick([{}, 'x']),
  };
}
