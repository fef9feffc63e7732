/** Laboratory exchange 3.0, source-formats 4 and 10. */
import { describe, expect, test } from 'vitest';
import { hl7v3Formats, readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import {
  cdaDocument,
  comment,
  FLAG_HIGH,
  labOrganizer,
  labResult,
  labSections,
  panel,
  range,
} from './laboratory-messages.ts';

const overlay = readOverlay('default');

function mapped(xml: string) {
  const bytes = Buffer.from(xml);
  expect(hl7v3Formats[0]?.recognise(bytes)).toBe(true);
  const [found, ...others] = readHl7v3(bytes, overlay);
  expect(others).toEqual([]);
  expect(found?.issues.filter((issue) => issue.kind === 'unread')).toEqual([]);
  const resources = found?.resources ?? [];
  return (type: string) =>
    resources.filter(({ resource }) => resource.resourceType === type).map((one) => one.resource);
}

describe('one result', () => {
  const of = mapped(
    labOrganizer(labResult({ more: `${FLAG_HIGH}${comment('Nuchter.')}${range('3.5', '5.0')}` })),
  );

  test('says what the report says of the whole: copy, number, laboratory, specimen, state', () => {
    expect(of('Observation')).toMatchObject([
      {
        extension: [{ valueBoolean: true }, { valueString: '880011' }],
        identifier: [{ value: 'r-1' }],
        status: 'preliminary',
        // Both codes that the data services ask for (gegevensdiensten.md 3.1, 3.7).
        category: [
          { coding: [{ code: 'laboratory' }, { code: '49581000146104' }, { code: '275711006' }] },
        ],
        code: { coding: [{ system: 'http://loinc.org', code: '2823-3' }] },
        effectiveDateTime: '2026-01-05T10:15:00+01:00',
        performer: [
          {
            type: 'Organization',
            extension: [{ valueCodeableConcept: { coding: [{ code: 'RESP' }] } }],
          },
        ],
        specimen: { type: 'Specimen' },
      },
    ]);
  });

  test('keeps value, flag, limits and comment', () => {
    const [observation] = of('Observation');
    expect(JSON.stringify(observation?.['valueQuantity'])).toContain('"value":6.10');
    expect(observation).toMatchObject({
      valueQuantity: { unit: 'mmol/L', code: 'mmol/L' },
      interpretation: [
        {
          coding: [
            { system: 'http://snomed.info/sct', code: '281302008' },
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
              code: 'H',
            },
          ],
        },
        // NL-CM:13.1.32, what the laboratory says of this one result.
        { text: 'Nuchter.' },
      ],
      note: [{ text: 'Nuchter.' }],
      referenceRange: [{ low: { unit: 'mmol/L' }, high: { unit: 'mmol/L' } }],
    });
  });

  test('the specimen has its place, time, amount and numbered container', () => {
    expect(of('Specimen')).toMatchObject([
      {
        identifier: [{ value: '70' }],
        type: { coding: [{ code: '119297000' }] },
        receivedTime: '2026-01-06T12:00:00+01:00',
        collection: {
          collectedPeriod: { start: '2026-01-05T08:00:00+01:00', end: '2026-01-06T08:00:00+01:00' },
          quantity: { code: 'mL' },
          bodySite: { coding: [{ code: '14975008' }] },
        },
        container: [
          { extension: [{ valueInteger: 2 }], type: { coding: [{ code: '702281005' }] } },
        ],
      },
    ]);
  });

  test('who passes the result on is nobody who treats the patient', () => {
    expect(of('Patient')[0]).not.toHaveProperty('generalPractitioner');
    expect(of('Organization')).toMatchObject([{ name: 'Lab Oosterdam' }]);
  });
});

test.each([
  ['pending', 'registered'],
  ['preliminary', 'preliminary'],
  ['final', 'final'],
  ['appended', 'amended'],
  ['corrected', 'corrected'],
])('result status %s is %s, whatever the order says', (sent, status) => {
  expect(mapped(labOrganizer(labResult({ status: sent })))('Observation')).toMatchObject([
    { status },
  ]);
});

test('a correction has the identity of what it corrects', () => {
  const keyOf = (status: string) =>
    readHl7v3(Buffer.from(labOrganizer(labResult({ status }))), overlay)[0]?.resources.find(
      (one) => one.resource.resourceType === 'Observation',
    )?.fullUrl;
  expect(keyOf('corrected')).toBe(keyOf('final'));
});

test('normal has no flag, and a flag that the zib lacks keeps its own code', () => {
  const flagged = (code: string) =>
    mapped(
      labOrganizer(
        labResult({
          more: `<interpretationCode code="${code}" codeSystem="2.16.840.1.113883.5.83"/>`,
        }),
      ),
    )('Observation')[0]?.['interpretation'];
  expect(flagged('N')).toBeUndefined();
  expect(flagged('POS')).toMatchObject([{ coding: [{ code: 'POS', display: 'Positive' }] }]);
});

test.each([
  [
    '<value xsi:type="CD" code="260373001" codeSystem="2.16.840.1.113883.6.96"/>',
    'valueCodeableConcept',
  ],
  ['<value xsi:type="ST">zie onder</value>', 'valueString'],
  ['<value xsi:type="IVL_PQ"><low value="5" unit="mmol/L"/></value>', 'valueQuantity'],
  ['<value xsi:type="IVL_PQ"><low value="5"/><high value="8"/></value>', 'valueRange'],
  [
    '<value xsi:type="RTO"><numerator xsi:type="PQ" value="1"/><denominator xsi:type="PQ" value="32"/></value>',
    'valueRatio',
  ],
])('%s is a %s', (value, name) => {
  expect(mapped(labOrganizer(labResult({ value })))('Observation')[0]).toHaveProperty(name);
});

test('a value that is missing has its reason', () => {
  const of = mapped(labOrganizer(labResult({ value: '<value xsi:type="PQ" nullFlavor="ASKU"/>' })));
  expect(of('Observation')).toMatchObject([
    { dataAbsentReason: { coding: [{ code: 'asked-unknown' }] } },
  ]);
});

test.each([
  [
    'a text where no code fits',
    '<value xsi:type="CD" nullFlavor="OTH"><originalText>flora</originalText></value>',
    { valueCodeableConcept: { text: 'flora' } },
  ],
  [
    'a titre, which is not of pieces',
    '<value xsi:type="RTO_PQ_PQ"><numerator value="1" unit="1"/><denominator value="160" unit="1"/></value>',
    { valueRatio: { denominator: { value: 160, unit: '1' } } },
  ],
])('%s is the value', (_name, value, expected) => {
  const [found] = mapped(labOrganizer(labResult({ value })))('Observation');
  expect(found).toMatchObject(expected);
  // FHIR obs-6: no reason why a value is absent beside a value.
  expect(found).not.toHaveProperty('dataAbsentReason');
});

test('a panel has its results as members', () => {
  const of = mapped(labOrganizer(panel(labResult({ id: 'a' }), labResult({ id: 'b' }))));
  const [whole, ...results] = of('Observation');
  expect(whole).toMatchObject({ code: { coding: [{ code: '24326-1' }] }, status: 'preliminary' });
  expect(whole?.['hasMember']).toHaveLength(2);
  expect(results).toHaveLength(2);
});

describe('as a CDA document', () => {
  const narrative =
    '<table border="1"><tbody><tr><td colspan="2">Kalium<br/>te <content styleCode="Bold">hoog</content>!</td><td><content ID="c1">Let op &lt;6</content></td></tr></tbody></table>';
  const body = labSections(narrative, labResult({ more: comment('<reference value="#c1"/>') }));
  const of = mapped(cdaDocument(body));

  test('the same result as in an organizer, with the comment that stands in the narrative', () => {
    expect(of('Observation')).toMatchObject([
      { identifier: [{ value: 'r-1' }], note: [{ text: 'Let op <6' }] },
    ]);
  });

  test('the narrative stays as it was laid out, and is tied to its results', () => {
    const div =
      '<div xmlns="http://www.w3.org/1999/xhtml"><table><tbody><tr>' +
      '<td colspan="2">Kalium<br/>te <span><b>hoog</b></span>!</td>' +
      '<td><span>Let op &lt;6</span></td></tr></tbody></table></div>';
    expect(of('Composition')).toMatchObject([
      {
        title: 'Uitslagen',
        date: '2026-01-06T13:00:00+01:00',
        identifier: { value: 'set-1' },
        language: 'nl-NL',
        confidentiality: 'N',
        section: [{ section: [{ text: { div }, entry: [{ type: 'Observation' }] }] }],
      },
    ]);
  });

  test('a new version of the document is the same Composition', () => {
    const urls = ['doc-2', 'doc-3'].map(
      (id) =>
        readHl7v3(Buffer.from(cdaDocument(body).replace('doc-2', id)), overlay)[0]?.resources.find(
          (one) => one.resource.resourceType === 'Composition',
        )?.fullUrl,
    );
    expect(urls[0]).toBe(urls[1]);
  });
});

test('a document that is a file becomes a DocumentReference with a Binary', () => {
  const data = Buffer.from('%PDF-1.7 test').toString('base64');
  const of = mapped(
    cdaDocument(
      `<nonXMLBody><text mediaType="application/pdf" representation="B64">${data}</text></nonXMLBody>`,
      '<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="doc-1"/></parentDocument></relatedDocument>',
    ),
  );
  expect(of('DocumentReference')).toMatchObject([
    {
      masterIdentifier: { value: 'doc-2' },
      relatesTo: [{ code: 'replaces', target: { identifier: { value: 'doc-1' } } }],
      meta: { profile: [expect.stringMatching(/IHE\.MHD\.Minimal\.DocumentReference$/)] },
      content: [{ attachment: { contentType: 'application/pdf', url: expect.any(String) } }],
    },
  ]);
  expect(of('Binary')).toMatchObject([{ contentType: 'application/pdf', data }]);
});

describe('a state', () => {
  const stateOf = (xml: string) =>
    readHl7v3(Buffer.from(xml), overlay)
      .flatMap(({ resources }) => resources)
      .filter(({ resource }) => resource.resourceType === 'Observation')
      .map(({ resource }) => resource['status']);

  test('that is in no table is not that of the report, nor final', () => {
    const xml = labOrganizer(labResult({ status: 'cancelled' }), labResult({ id: 'r-2' }));
    expect(stateOf(xml)).toEqual(['unknown', 'preliminary']);
    expect(stateOf(xml.replace('code="preliminary"', 'code="cancelled"'))).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  test('of a report that was taken back holds for the panel as well', () => {
    const xml = labOrganizer(panel(labResult(), labResult({ id: 'r-2' })));
    const act = /(<code code="26436-6"[^>]*\/><statusCode code=")completed(?="\/>\s*<performer)/;
    expect(stateOf(xml.replace(act, '$1nullified'))).toEqual(Array(3).fill('entered-in-error'));
  });

  test('of a panel that was taken back holds for its results', () => {
    const taken = panel(labResult({ status: 'final' })).replace(
      '<statusCode code="completed"/>',
      '<statusCode code="nullified"/>',
    );
    expect(stateOf(labOrganizer(taken))).toEqual(Array(2).fill('entered-in-error'));
  });

  test.each(['INT', 'RQO', 'GOL'])('in mood %s it is no result', (mood) => {
    const other = labResult({ id: 'r-2' }).replace('moodCode="EVN"', `moodCode="${mood}"`);
    expect(stateOf(labOrganizer(labResult(), other))).toEqual(['preliminary']);
  });
});

test('a unit that UCUM does not know comes as a translation, with its own number', () => {
  const of = mapped(
    labOrganizer(
      labResult({
        value: `<value xsi:type="PQ" nullFlavor="OTH"><translation value="5.50"
code="mmol/mol Hb" codeSystem="2.16.840.1.113883.2.4.3.999.1"/></value>`,
      }),
    ),
  );
  const [observation] = of('Observation');
  expect(JSON.stringify(observation?.['valueQuantity'])).toBe(
    '{"value":5.50,"unit":"mmol/mol Hb"}',
  );
  expect(observation).not.toHaveProperty('dataAbsentReason');
});

test('a number without a unit of UCUM takes the unit that its translation names', () => {
  const value = `<value xsi:type="PQ" value="12.5"><translation value="12.5" nullFlavor="OTH">
<originalText>E/l</originalText></translation></value>`;
  const [observation] = mapped(labOrganizer(labResult({ value })))('Observation');
  expect(observation).toMatchObject({ valueQuantity: { value: 12.5, unit: 'E/l' } });
});

test('a comment that points at no text is reported, for it is lost', () => {
  const pointing = (text: string) =>
    readHl7v3(
      Buffer.from(
        cdaDocument(
          labSections(
            `<paragraph><content ID="c1">${text}</content></paragraph>`,
            labResult({ more: comment('<reference value="#c2"/>') }),
          ),
        ),
      ),
      overlay,
    );
  const [found] = pointing('Nuchter.');
  const lost = found?.issues.filter(({ kind }) => kind === 'unread').map(({ place }) => place);
  expect(lost).toEqual([expect.stringMatching(/text\/reference\/@value$/)]);
});
