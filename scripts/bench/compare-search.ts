/** The two search cases: a page of one code of one patient, with or without what it refers to. */
import type { BenchContext, CaseResult } from './context.ts';
import { peopleFor } from './measured-gateway.ts';
import { SEARCH_CODE } from './population.ts';

const PAGE = 20;
/** The class of rows that the plain program has twenty of in each vault. */
const PLAIN_CODE = 5;

export async function compareSearch(
  context: BenchContext,
  { ours, plain }: { ours: string; plain: string },
): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const headers = {
    authorization: `Bearer ${gateway.partnerToken}`,
    accept: 'application/fhir+json',
  };
  const code = encodeURIComponent(SEARCH_CODE);
  const shared = { kind: 'http', connections: 16 } as const;
  return context.compare(
    {
      ...shared,
      url: gateway.url,
      requests: peopleFor('reading', gateway).map(({ patient }) => ({
        method: 'GET',
        path: `/fhir/r4/Observation?patient=${patient}&code=${code}&_count=${PAGE}${ours}`,
        headers,
      })),
    },
    {
      ...shared,
      url: reference.url,
      requests: reference.vaults.map((vault) => ({
        method: 'GET',
        path: `${plain}/${vault}?code=${PLAIN_CODE}&_count=${PAGE}`,
      })),
    },
  );
}
