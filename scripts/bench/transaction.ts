/** A transaction of 100 Observations, 4 connections; counted in transactions. */
import type { BenchContext, CaseResult } from './context.ts';
import { transactionOf } from './population.ts';

const SIZE = 100;
const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const type = { 'content-type': 'application/fhir+json' };
  const headers = {
    'content-type': 'application/fhir+json; fhirVersion=4.0',
    authorization: `Bearer ${gateway.senderToken}`,
  };
  const bodies = gateway.people.map(({ bsn }) =>
    JSON.stringify(transactionOf(SIZE, { identifier: { system: BSN, value: bsn } })),
  );
  const shared = { kind: 'http', connections: 4 } as const;
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
      requests: bodies.map((body) => ({ ...post('/transaction', body), headers: type })),
    },
  );
}
