/** `$everything` of 320 resources, 16 connections, and how soon the first byte comes. */
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { peopleFor } from './measured-gateway.ts';

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const headers = {
    authorization: `Bearer ${gateway.partnerToken}`,
    accept: 'application/fhir+json',
  };
  const requests = peopleFor('reading', gateway).map(({ patient }) => ({
    method: 'GET' as const,
    path: `/fhir/r4/${patient}/$everything`,
    headers,
  }));
  const [first] = requests;
  const answer = await fetch(`${gateway.url}${first?.path}`, { headers });
  if (answer.status === 400) {
    context.note('the gateway does not have $everything yet');
    return NOTHING;
  }
  const one = { kind: 'sets', url: gateway.url, sets: [requests], seconds: 0 } as const;
  await context.load(one);
  const { firstByteMs } = await context.load(one);
  context.note(`first byte within ${firstByteMs} ms (p95, one client)`);
  const shared = { kind: 'http', connections: 16 } as const;
  return context.compare(
    { ...shared, url: gateway.url, requests },
    {
      ...shared,
      url: reference.url,
      requests: reference.vaults.map((vault) => ({ method: 'GET', path: `/everything/${vault}` })),
    },
  );
}
