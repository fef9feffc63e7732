/** Create of an Observation of one kilobyte, 32 connections, through the intake of a sender. */
import { type BenchContext, type CaseResult, compare, peakRssMb } from './context.ts';
import { inTurn, middle, startGateway } from './measured-gateway.ts';

export async function run(context: BenchContext): Promise<CaseResult> {
  const gateway = await startGateway(context);
  const reference = await context.startReference();
  try {
    const type = { 'content-type': 'application/fhir+json' };
    const headers = {
      ...type,
      'content-type': 'application/fhir+json; fhirVersion=4.0',
      authorization: `Bearer ${gateway.token}`,
    };
    const post = (bsn: string) => ({
      method: 'POST' as const,
      body: JSON.stringify(observation(bsn)),
    });
    const path = `/intake/${gateway.sender}/fhir`;
    const ours = {
      url: gateway.url,
      requests: gateway.bsns.map((bsn) => ({ ...post(bsn), path, headers })),
    };
    const plain = {
      url: reference.url,
      requests: gateway.bsns.map((bsn) => ({
        ...post(bsn),
        path: '/fhir/Observation',
        headers: type,
      })),
    };
    const runs = await inTurn(
      context.smoke ? 1 : 5,
      () => context.load(ours),
      () => context.load(plain),
    );
    return compare(middle(runs.ours), middle(runs.reference), peakRssMb(gateway.process));
  } finally {
    await Promise.all([gateway.stop(), reference.stop()]);
  }
}

/** About a kilobyte; `[<id>]` becomes another text in every request. */
function observation(bsn: string): object {
  const quantity = (value: number) => ({
    value,
    unit: 'mmHg',
    system: 'http://unitsofmeasure.org',
    code: 'mm[Hg]',
  });
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:oid:2.16.528.1.1007.3.3.90000101.77', value: '[<id>]' }],
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '85354-9' }], text: 'Bloeddruk' },
    subject: { identifier: { system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: bsn } },
    effectiveDateTime: '2026-03-01T09:30:00+01:00',
    component: ['8480-6', '8462-4'].map((code) => ({
      code: { coding: [{ system: 'http://loinc.org', code }] },
      valueQuantity: quantity(120),
    })),
    note: [{ text: 'x'.repeat(300) }],
  };
}
