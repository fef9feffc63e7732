/** Create of an Observation of one kilobyte, 32 connections. */
import type { BenchContext, CaseResult } from './context.ts';
import { freshObservation } from './population.ts';

const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const type = { 'content-type': 'application/fhir+json' };
  const headers = {
    'content-type': 'application/fhir+json; fhirVersion=4.0',
    authorization: `Bearer ${gateway.senderToken}`,
  };
  const bodies = gateway.people.map(({ bsn }) =>
    JSON.stringify(freshObservation({ identifier: { system: BSN, value: bsn } })),
  );
  const shared = { kind: 'http', connections: 32 } as const;
  const post = (path: string, body: string) => ({ method: 'POST' as const, path, body });
  return context.compare(
    {
      ...shared,
      url: gateway.url,
      requests: bodies.map((body) => ({
        ...post(`/intake/${gateway.sender}/fhir`, body),
        headers,
      })),
    },
    {
      ...shared,
      url: reference.url,
      requests: bodies.map((body) => ({ ...post('/fhir/Observation', body), headers: type })),
    },
  );
}
