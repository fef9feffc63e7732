/** Client assertions (RFC 7523) made before the clock runs: each may be used once. */
import { type JsonWebKey, randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';

export interface AssertionPlan {
  readonly key: JsonWebKey;
  readonly client: string;
  readonly audience: string;
  readonly count: number;
}

export async function signAssertions(plan: AssertionPlan): Promise<string[]> {
  const { kty = 'EC', ...rest } = plan.key;
  const key = await importJWK({ kty, ...rest } as Parameters<typeof importJWK>[0], 'ES256');
  const made: string[] = [];
  for (let nth = 0; nth < plan.count; nth += 1) {
    made.push(
      await new SignJWT({ extensions: { 'hl7-b2b': { purpose_of_use: ['TREAT'] } } })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
        .setIssuer(plan.client)
        .setSubject(plan.client)
        .setAudience(plan.audience)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime('290s')
        .sign(key),
    );
  }
  return made;
}
