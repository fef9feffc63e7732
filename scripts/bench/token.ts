/** The partner's token endpoint: a signed assertion checked, a token kept, a line in the ledger. */
import type { BenchContext, CaseResult } from './context.ts';

/** More than any machine of two cores does: each may be used once, and then they are refused. */
const ASSERTIONS_A_SECOND = 6_000;

export async function run(context: BenchContext): Promise<CaseResult> {
  const [gateway, reference] = await Promise.all([context.gateway(), context.reference()]);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const form =
    'grant_type=client_credentials&client_assertion_type=' +
    'urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=';
  const request = { method: 'POST' as const, path: '/oauth/token', headers };
  const shared = { kind: 'http', connections: 16 } as const;
  return context.compare(
    {
      ...shared,
      url: gateway.url,
      requests: [{ ...request, body: `${form}[<assertion>]` }],
      assertions: {
        key: gateway.partnerKey,
        client: gateway.partner,
        audience: gateway.tokenEndpoint,
        count: Math.ceil(ASSERTIONS_A_SECOND * context.seconds),
      },
    },
    { ...shared, url: reference.url, requests: [{ ...request, body: `${form}none` }] },
  );
}
