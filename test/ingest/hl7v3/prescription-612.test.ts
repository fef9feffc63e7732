import { describe, expect, test } from 'vitest';
import { readHl7v3 } from '../../../src/ingest/hl7v3/hl7v3-format.ts';
import { readOverlay } from '../../../src/ingest/mapping/sender-overlay.ts';
import { ANNA, dose, during, ii, line, message } from './own-messages.ts';

const overlay = readOverlay('default');
const week = '<low value="20260115"/><width value="7" unit="d"/>';
const patient = `<subject><Patient><id root="2.16.840.1.113883.2.4.6.3" extension="${ANNA}"/>
<Person><name><family qualifier="BR">Linden</family></name></Person></Patient></subject>`;

const prescription = (element: string, own: string) => `<${element}>${ii('p-1')}
<statusCode code="active"/>${own}
<directTarget><prescribedMedication><MedicationKind><code code="90001"
codeSystem="2.16.840.1.113883.2.4.4.10" displayName="PROEFTABLET 5MG"/></MedicationKind>
${line('1 maal per dag 1 tablet', during(week, '<period value="1" unit="d"/>'), dose('1'))}
</prescribedMedication></directTarget>
<author><time value="20260114101500"/><AssignedPerson><id root="2.16.528.1.1007.3.1"
extension="000700702"/><code code="01.015" codeSystem="2.16.840.1.113883.2.4.15.111"/>
<assignee><assigneePerson><name><family qualifier="BR">Vos</family></name></assigneePerson>
</assignee></AssignedPerson></author>
<successorOf><previousPrescription>${ii('p-0')}<statusCode code="completed"/>
</previousPrescription></successorOf>
<component1><dispenseRequest><quantity value="30"><translation value="30" code="245"
codeSystem="2.16.840.1.113883.2.4.4.1.900.2" displayName="stuk"/></quantity>
<repeatNumber value="2"/><expectedUseTime><width value="30" unit="d"/></expectedUseTime>
</dispenseRequest></component1></${element}>`;

function mapped(name: string, subject: string) {
  const [found] = readHl7v3(Buffer.from(message(name, subject)), overlay);
  const resources = found?.resources.map(({ resource }) => resource) ?? [];
  return {
    requests: resources.filter((one) => one.resourceType === 'MedicationRequest'),
    unread: (found?.issues ?? []).filter((one) => one.kind === 'unread').map((one) => one.place),
  };
}

describe.each([
  [
    'a list of prescriptions',
    'QURX_IN990103NL',
    `<subject><MedicationPrescriptionList><code code="MEDLIST"/>${patient}
<component>${prescription('prescription', '')}</component></MedicationPrescriptionList></subject>`,
  ],
  [
    'a prescription that is sent',
    'PORX_IN932000NL',
    `<subject>${prescription('prescription', patient)}</subject>`,
  ],
])('%s', (_name, interaction, subject) => {
  const { requests, unread } = mapped(interaction, subject);

  test('tells what was agreed and what was asked of the pharmacy', () => {
    const id = { system: 'urn:oid:2.16.840.1.113883.2.4.3.999.5', value: 'p-1' };
    expect(requests).toMatchObject([
      {
        meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/mp-MedicationAgreement'] },
        identifier: [id],
        status: 'active',
        priorPrescription: { identifier: { value: 'p-0' } },
        dosageInstruction: [{ timing: { repeat: { frequency: 1, periodUnit: 'd' } } }],
      },
      {
        meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/mp-DispenseRequest'] },
        basedOn: [{ identifier: id }],
        authoredOn: '2026-01-14T10:15:00+01:00',
        dispenseRequest: { numberOfRepeatsAllowed: 1, quantity: { unit: 'stuk' } },
      },
    ]);
  });

  test('leaves nothing unread', () => expect(unread).toEqual([]));
});

test('an agreement was registered once: when it was written, not when the use begins', () => {
  const begins = '<effectiveTime xsi:type="IVL_TS"><low value="20260120"/></effectiveTime>';
  const sent = prescription('prescription', patient + begins);
  const registered = (subject: string) =>
    mapped('PORX_IN932000NL', `<subject>${subject}</subject>`).requests.flatMap((one) =>
      (one['extension'] as { url: string; valueDateTime?: string }[]).flatMap(
        ({ url, valueDateTime }) => (url.endsWith('RegistrationDateTime') ? [valueDateTime] : []),
      ),
    );
  expect(registered(sent)).toEqual(['2026-01-14T10:15:00+01:00']);
  const unsigned = sent.replace(/<author>[\s\S]*<\/author>/, '');
  expect(registered(unsigned)).toEqual(['2026-01-20']);
});

test('a second product is an agreement of its own, with its own lines and none of the first', () => {
  const sent = prescription('prescription', patient);
  const [first = ''] = /<directTarget>[\s\S]*<\/directTarget>/.exec(sent) ?? [];
  const second = first
    .replace('90001', '90002')
    .replace('PROEFTABLET 5MG', 'ANDERE TABLET 10MG')
    .replace('1 maal per dag 1 tablet', '1 maal per dag 4 tabletten')
    .replaceAll('value="1">', 'value="4">');
  const both = sent.replace(first, `${first}${second}`);
  const { requests, unread } = mapped('PORX_IN932000NL', `<subject>${both}</subject>`);
  const agreements = requests.slice(0, 2).map((one) => ({
    text: (one['extension'] as { url: string; valueString?: string }[]).find(({ url }) =>
      url.endsWith('RenderedDosageInstruction'),
    )?.valueString,
    doses: (one['dosageInstruction'] as { doseAndRate: unknown[] }[]).length,
    of: one['identifier'],
  }));
  const of = [{ system: 'urn:oid:2.16.840.1.113883.2.4.3.999.5', value: 'p-1' }];
  expect(agreements).toEqual([
    { text: '1 maal per dag 1 tablet', doses: 1, of },
    { text: '1 maal per dag 4 tabletten', doses: 1, of },
  ]);
  expect(
    new Set(requests.slice(0, 2).map((one) => JSON.stringify(one['medicationReference']))),
  ).toHaveLength(2);
  expect(requests[2]).toMatchObject({ basedOn: [{ identifier: of[0] }] });
  expect(requests[2]?.['basedOn']).not.toMatchObject([{ reference: expect.anything() }]);
  expect(unread).toEqual([]);
});

describe('what is asked of the pharmacy, with its product', () => {
  const asked = (own: string) => `<productOf><medicationDispenseRequest>${own}
<repeatNumber value="3"/><quantity value="60" unit="1"/>
<destination><serviceDeliveryLocation><code nullFlavor="NI"/><addr><desc>Dorpsstraat 10</desc></addr>
</serviceDeliveryLocation></destination><performer><assignedPerson><representedOrganization>
<id root="2.16.528.1.1007.3.3" extension="00700700"/><name>Apotheek De Linde</name>
</representedOrganization></assignedPerson></performer></medicationDispenseRequest></productOf>`;
  const sent = (own: string) =>
    prescription('prescription', patient)
      .replace(/<component1>[\s\S]*<\/component1>/, '')
      .replace('</MedicationKind>', `$&${asked(own)}`);
  const requests = (xml: string) => mapped('PORX_IN932000NL', `<subject>${xml}</subject>`);

  test('is a request of its own', () => {
    const { requests: made, unread } = requests(sent(`${ii('vv-1')}<statusCode nullFlavor="NA"/>`));
    expect(made[1]).toMatchObject({
      meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/mp-DispenseRequest'] },
      identifier: [{ value: 'vv-1' }],
      status: 'active',
      basedOn: [{ identifier: { value: 'p-1' }, reference: expect.anything() }],
      performer: { reference: expect.anything() },
      dispenseRequest: { numberOfRepeatsAllowed: 2, quantity: { value: 60 } },
    });
    expect(unread).toEqual([]);
  });
  test('ends with the prescription', () => {
    const gone = sent(`${ii('vv-1')}<statusCode code="active"/>`).replace(
      '"active"',
      '"nullified"',
    );
    expect(requests(gone).requests.map((one) => one['status'])).toEqual([
      'entered-in-error',
      'entered-in-error',
    ]);
  });
  test('comes without a wrapper too', () => {
    const bare = `<subject xmlns="urn:hl7-org:v3"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${sent(ii('vv-1'))}</subject>`;
    const [found] = readHl7v3(Buffer.from(bare), overlay);
    expect(found?.resources.map(({ resource }) => resource.resourceType)).toContain(
      'MedicationRequest',
    );
  });
});

test('the day of a prescription is no use that ends on that day', () => {
  const open = prescription('prescription', `${patient}<effectiveTime value="20260114"/>`).replace(
    /<comp xsi:type="IVL_TS">.*?<\/comp>/,
    '',
  );
  const [agreement] = mapped('PORX_IN932000NL', `<subject>${open}</subject>`).requests;
  const period = (
    (agreement?.['extension'] ?? []) as { url: string; valuePeriod?: unknown }[]
  ).find(({ url }) => url.endsWith('TimeInterval.Period'));
  expect(period?.valuePeriod).toEqual({ start: '2026-01-14' });
});
