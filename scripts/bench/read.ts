/** Read by id, 32 connections: with token check, decision, unsealing and a durable ledger entry. */
import type { BenchContext, CaseResult } from './context.ts';
import { peopleFor } from './measured-gateway.ts';

const READ_OF_EACH = 25;

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const headers = {
    authorization: `Bearer ${gateway.partnerToken}`,
    accept: 'application/fhir+json',
  };
  const ids = peopleFor('reading', gateway).flatMap(({ observations }) =>
    observations.slice(0, READ_OF_EACH),
  );
  const get = (path: string) => ({ method: 'GET' as const, path });
  const shared = { kind: 'http', connections: 32 } as const;
  return context.compare(
    {
      ...shared,
      url: gateway.url,
      requests: ids.map((id) => ({ ...get(`/fhir/r4/${id}`), headers })),
    },
    { ...shared, url: reference.url, requests: reference.paths.map(get) },
  );
}
