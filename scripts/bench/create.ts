/** Create of an Observation of one kilobyte, 32 connections. */
import type { BenchContext, CaseResult } from './context.ts';
import { peopleFor } from './measured-gateway.ts';
import { freshObservation } from './population.ts';

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const type = { 'content-type': 'application/fhir+json' };
  const headers = {
    'content-type': 'application/fhir+json; fhirVersion=4.0',
    authorization: `Bearer ${gateway.senderToken}`,
  };
  const bodies = peopleFor('writing', gateway).map(({ patient }) =>
    JSON.stringify(freshObservation({ reference: patient })),
  );
  const shared = { kind: 'http', connections: 32 } as const;
  const post = (path: string, body: string) => ({ method: 'POST' as const, path, body });
  return context.compare(
    {
      ...shared,
      url: gateway.url,
      requests: bodies.map((body) => ({
        ...post('/fhir/r4/Observation', body),
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
