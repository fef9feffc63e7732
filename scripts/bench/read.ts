/** Read by id, 32 connections: with token check, decision, unsealing and a durable ledger entry. */
import { type BenchContext, type CaseResult, compare, peakRssMb } from './context.ts';
import { inTurn, middle, startGateway } from './measured-gateway.ts';

export async function run(context: BenchContext): Promise<CaseResult> {
  const gateway = await startGateway(context);
  const reference = await context.startReference();
  try {
    const headers = { authorization: `Bearer ${gateway.token}`, accept: 'application/fhir+json' };
    const get = (path: string) => ({ method: 'GET' as const, path });
    const ours = {
      url: gateway.url,
      requests: gateway.paths.map((path) => ({ ...get(path), headers })),
    };
    const plain = { url: reference.url, requests: reference.paths.map(get) };
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
