/**
 * The 28 queries of the BgZ of one patient (320 resources, STU3), one after another, as the app of
 * that person asks them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchContext, type CaseResult, NOTHING } from './context.ts';
import { forgetPeak, residentMb } from './measured-gateway.ts';

const QUERIES = 28;

interface Query {
  readonly request: string;
}

export async function run(context: BenchContext): Promise<CaseResult> {
  const gateway = await context.gateway();
  const people = gateway.people.filter(({ native }) => native === 'STU3');
  const sets = people.map(({ token }) =>
    bgzQueries().map(({ request }) => ({
      method: 'GET' as const,
      path: encodeURI(`${gateway.bgz}/${request}`),
      headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
    })),
  );
  const plan = { kind: 'sets', url: gateway.url, sets } as const;
  await context.load({ ...plan, seconds: 0 });
  forgetPeak(gateway.process);
  const result = await context.load({ ...plan, seconds: context.seconds * context.rounds });
  return {
    ...NOTHING,
    perSecond: result.perSecond,
    p50Ms: result.p50Ms,
    p95Ms: result.p95Ms,
    p99Ms: result.p99Ms,
    rssMb: residentMb(gateway.process, 'VmHWM'),
  };
}

/** As an app sends them; each is whole without anything to fill in. */
export function bgzQueries(): Query[] {
  const path = join(import.meta.dirname, '../../profiles/permission/queries-bgz.json');
  const { queries } = JSON.parse(readFileSync(path, 'utf8')) as { queries: Query[] };
  return queries.filter(({ request }) => !request.includes('{')).slice(0, QUERIES);
}
