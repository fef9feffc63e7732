/** The stand-in for DigiD, two people one after the other in one browser without script. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formAction } from '../../src/demo/client/browserless.ts';
import { exchange } from '../../src/demo/client/trail.ts';
import { type StandIn, startStandIn } from '../../src/demo/stand-in-provider.ts';

const BACK = 'https://gateway.test.example/callback';
let standIn: StandIn;

beforeAll(async () => {
  standIn = await startStandIn({
    ...{ kind: 'digid', host: '127.0.0.1', port: 0, clientId: 'zorgsluis', acr: 'a' },
    ...{ redirectUris: [BACK], accounts: [] },
  });
});
afterAll(() => standIn.close());

/** Follows redirects and the log-in form until the way back, with the cookies of one browser. */
async function logIn(cookies: Map<string, string>, bsn: string): Promise<string> {
  const verifier = 'v'.repeat(43);
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: 'zorgsluis', redirect_uri: BACK, scope: 'openid bsn' },
    ...{ state: 's', nonce: 'n', prompt: 'login', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  });
  let at = `${standIn.issuer}/auth?${query}`;
  let form: Record<string, string> | undefined;
  for (let hop = 0; hop < 10; hop += 1) {
    if (at.startsWith(BACK)) {
      const code = new URL(at).searchParams.get('code') ?? '';
      const token = await exchange(`${standIn.issuer}/token`, {
        form: {
          ...{ grant_type: 'authorization_code', client_id: 'zorgsluis', code },
          ...{ redirect_uri: BACK, code_verifier: verifier },
        },
      });
      const [, claims = ''] = JSON.parse(token.text()).id_token.split('.');
      return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')).sub;
    }
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await exchange(at, { headers: { cookie }, ...(form ? { form } : {}) });
    expect(answer.text()).not.toContain('Submitting Callback');
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';');
      const [name = ''] = pair.split('=');
      if (/max-age=0|1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, pair.slice(name.length + 1));
    }
    form = undefined;
    if (answer.headers.location) at = new URL(answer.headers.location, at).href;
    else {
      at = formAction({ url: at, page: answer });
      form = { bsn };
    }
  }
  throw new Error('the log-in went in circles');
}

describe('the stand-in for DigiD', () => {
  it('logs in a second person in the same browser, without a page that needs script', async () => {
    const cookies = new Map<string, string>();
    expect(await logIn(cookies, '999990019')).toBe('bsn-999990019');
    expect(await logIn(cookies, '999990020')).toBe('bsn-999990020');
    expect(await logIn(cookies, '999990019')).toBe('bsn-999990019');
  });
});
