/** A person at the MedMij screens, without a browser: landing page, log-in, and what comes then. */
import type { LightMyRequestResponse } from 'fastify';
import { formAction } from '../../src/demo/client/browserless.ts';
import { exchange } from '../../src/demo/client/trail.ts';
import { type Gateway, PUBLIC_URL } from './gateway.ts';

export interface TestBrowser {
  go(
    url: string,
    form?: Record<string, string> | [string, string][],
  ): Promise<LightMyRequestResponse>;
  cookie(): string;
}

/** Keeps the cookie of the gateway, follows nothing by itself. */
export function browser(gateway: Gateway): TestBrowser {
  let cookie = '';
  async function go(url: string, form?: Record<string, string> | [string, string][]) {
    const answer = await gateway.ask(url.replace(PUBLIC_URL, ''), {
      headers: { cookie },
      ...(form ? { form } : {}),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat())
      cookie = line.split(';')[0] ?? '';
    return answer;
  }
  return { go, cookie: () => cookie };
}

/** The anti-forgery value of a page. */
export const csrfOf = (answer: LightMyRequestResponse): string =>
  /name="csrf" value="([^"]+)"/.exec(answer.body)?.[1] ?? '';

/** From the request to where the log-in comes back; `form` is for the stand-in DigiD. */
export async function logIn(
  gateway: Gateway,
  params: Record<string, string>,
  form: Record<string, string>,
  path = '/medmij/authorize',
): Promise<TestBrowser & { back: string }> {
  const one = browser(gateway);
  const landing = await one.go(`${path}?${new URLSearchParams(params)}`);
  const login = await one.go('/medmij/start', { csrf: csrfOf(landing), keuze: 'inloggen' });
  return { ...one, back: await atDigid(String(login.headers.location), form) };
}

/** What the browser does at the stand-in DigiD. @returns the address it is sent back to. */
export async function atDigid(url: string, form: Record<string, string>): Promise<string> {
  let cookies = '';
  let at = url;
  let send: Record<string, string> | undefined;
  for (let hop = 0; hop < 10; hop += 1) {
    if (at.startsWith(PUBLIC_URL)) return at;
    const answer = await exchange(at, {
      headers: { cookie: cookies },
      ...(send ? { form: send } : {}),
    });
    cookies = [cookies, ...(answer.headers['set-cookie'] ?? []).map((one) => one.split(';')[0])]
      .filter(Boolean)
      .join('; ');
    send = undefined;
    if (answer.headers.location) at = new URL(answer.headers.location, at).href;
    else {
      at = formAction({ url: at, page: answer });
      send = form;
    }
  }
  throw new Error('the log-in went in circles');
}
