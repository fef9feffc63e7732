/** A transaction of 100 Observations, 4 connections; counted in transactions. */
import type { BenchContext, CaseResult } from './context.ts';
import { peopleFor } from './measured-gateway.ts';
import { transactionOf } from './population.ts';

const SIZE = 100;

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const type = { 'content-type': 'application/fhir+json' };
  const headers = {
    'content-type': 'application/fhir+json; fhirVersion=4.0',
    authorization: `Bearer ${gateway.senderToken}`,
  };
  const bodies = peopleFor('writing', gateway).map(({ patient }) =>
    JSON.stringify(transactionOf(SIZE, { reference: patient })),
  );
  const shared = { kind: 'http', connections: 4 } as const;
  const post = (path: string, body: string) => ({ method: 'POST' as const, path, body });
  return context.compare(
    {
      ...shared,
      url: gateway.url,
      requests: bodies.map((body) => ({
        ...post('/fhir/r4', body),
        headers,
      })),
    },
    {
      ...shared,
      url: reference.url,
      requests: bodies.map((body) => ({ ...post('/transaction', body), headers: type })),
    },
  );
}
