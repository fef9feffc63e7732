/** A token of the gateway under measurement, asked for as a client does. */
import type { MeasuredGateway } from './measured-gateway.ts';
import { signAssertions } from './sign-assertions.ts';

export interface AskedToken {
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * @param client the partner or the sender of the bench; both sign with the same key
 * @throws Error with what the gateway says when it gives none
 */
export async function askToken(
  gateway: MeasuredGateway,
  client: string,
  scope: string,
): Promise<AskedToken> {
  const plan = { key: gateway.partnerKey, client, audience: gateway.tokenEndpoint };
  const [assertion = ''] = await signAssertions({ ...plan, count: 1 });
  const answer = await fetch(`${gateway.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope,
    }),
  });
  const issued = (await answer.json()) as { access_token: string; expires_in: number };
  if (!answer.ok) throw new Error(`No token: ${answer.status} ${JSON.stringify(issued)}`);
  return { text: issued.access_token, until: Date.now() + issued.expires_in * 1_000 };
}
