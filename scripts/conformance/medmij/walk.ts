/** What an app and a person do in a run: authorize, log in, answer, and ask for tokens and data. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { C1, C2, C3, P, type Stage } from './stage.ts';
import { type Arrival, type Ask, action, Browser, field, type Reply, send } from './wire.ts';

export type Params = Readonly<Record<string, string | readonly string[] | undefined>>;

export const redirectOf = (client: string): string => `https://${client}/cb`;

/** A complete request, with changes; `undefined` leaves a parameter out. */
export function params(change: Params = {}): URLSearchParams {
  const all: Params = {
    response_type: 'code',
    client_id: C1,
    redirect_uri: redirectOf(String(change['client_id'] ?? C1)),
    scope: P,
    state: 'staat-van-de-app',
    'MedMij-Request-ID': randomUUID(),
    'X-Correlation-ID': randomUUID(),
    ...change,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    for (const one of [value ?? []].flat()) query.append(name, one);
  }
  return query;
}

export const authorize = (stage: Stage, change: Params = {}): Promise<Reply> =>
  send(stage.line, `/medmij/authorize?${params(change)}`);

/** The fault that the app was sent back with. */
export function told(reply: Reply): Record<string, string> {
  const url = new URL(String(reply.headers['location'] ?? 'https://none.invalid/'));
  const at = `${url.origin}${url.pathname}`;
  return { status: String(reply.status), at, ...Object.fromEntries(url.searchParams) };
}

export interface Run {
  readonly browser: Browser;
  readonly correlationId: string;
  readonly client: string;
  /** After the log-in: the question, or what else the person sees. */
  readonly page: Arrival;
}

export interface RunOptions {
  readonly change?: Params;
  /** Fields for the stand-in DigiD; default: the adult logs in. */
  readonly digid?: Record<string, string>;
}

/** Landing page, log-in, and whatever comes then. */
export async function logIn(stage: Stage, options: RunOptions = {}): Promise<Run> {
  const { change = {} } = options;
  const browser = new Browser(stage.line);
  const query = params(change);
  const landing = await browser.follow(`/medmij/authorize?${query}`);
  assert.equal(landing.reply?.status, 200, `landing page: ${landing.url.slice(0, 200)}`);
  const login = await browser.follow(action(landing), {
    csrf: field(landing.reply, 'csrf'),
    keuze: 'inloggen',
  });
  assert.ok(login.reply, 'the log-in page');
  const page = await browser.follow(
    action(login),
    options.digid ?? { bsn: stage.people.adult.bsn },
  );
  const client = query.get('client_id') ?? C1;
  return { browser, page, client, correlationId: query.get('X-Correlation-ID') ?? '' };
}

/** The person's answer. @returns the redirect to the app. */
export async function answer(
  run: Run,
  choice: 'ja' | 'nee' | 'terug',
  more: Record<string, string> = {},
): Promise<Reply> {
  return run.browser.go(action(run.page), {
    csrf: field(run.page.reply, 'csrf'),
    terugweg: field(run.page.reply, 'terugweg'),
    keuze: choice,
    ...more,
  });
}

export interface Granted extends Run {
  readonly code: string;
  readonly redirect: Reply;
}

/** The whole way to a code. */
export async function grant(
  stage: Stage,
  options: RunOptions & { longLived?: boolean } = {},
): Promise<Granted> {
  const run = await logIn(stage, options);
  const redirect = await answer(run, 'ja', options.longLived ? { langdurig: 'ja' } : {});
  const code = told(redirect)['code'];
  assert.ok(code, `a code: ${JSON.stringify(told(redirect))} ${redirect.text.slice(0, 200)}`);
  return { ...run, code, redirect };
}

export interface TokenReply {
  readonly status: number;
  readonly headers: Reply['headers'];
  readonly body: Record<string, string>;
  readonly ms: number;
}

type CertificateName = keyof Stage['certificates'] | 'none';

const OWN: Readonly<Record<string, CertificateName>> = { [C1]: 'c1', [C2]: 'c2', [C3]: 'c3' };

export interface TokenOptions {
  readonly certificate?: CertificateName;
  readonly headers?: Record<string, string>;
  readonly correlationId?: string;
}

export function lineAs(stage: Stage, name: CertificateName): Pick<Ask, 'tls'> {
  if (name === 'none') return {};
  const { cert, key } = stage.certificates[name];
  return { tls: { cert, key } };
}

export async function askToken(
  stage: Stage,
  form: Record<string, string | undefined>,
  options: TokenOptions = {},
): Promise<TokenReply> {
  const sent = { client_id: C1, ...form };
  const kept = Object.entries(sent).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const reply = await send(stage.line, '/medmij/token', {
    form: Object.fromEntries(kept),
    headers: options.headers ?? {
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': options.correlationId ?? randomUUID(),
    },
    ...lineAs(stage, options.certificate ?? OWN[sent.client_id ?? ''] ?? 'c1'),
  });
  let body: Record<string, string> = {};
  try {
    body = JSON.parse(reply.text) as Record<string, string>;
  } catch {
    body = { error: `not JSON: ${reply.text.slice(0, 80)}` };
  }
  return { status: reply.status, headers: reply.headers, body, ms: reply.ms };
}

export function byCode(
  stage: Stage,
  { code, client, correlationId }: Pick<Granted, 'code' | 'client' | 'correlationId'>,
  change: Record<string, string | undefined> = {},
  options: TokenOptions = {},
): Promise<TokenReply> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectOf(client) };
  return askToken(stage, { client_id: client, ...form, ...change }, { correlationId, ...options });
}

export function byRefresh(
  stage: Stage,
  token: string | undefined,
  change: Record<string, string | undefined> = {},
  options: TokenOptions = {},
): Promise<TokenReply> {
  const form = { grant_type: 'refresh_token', refresh_token: token, ...change };
  return askToken(stage, form, options);
}

/** A token straight away, with its correlation id. */
export async function tokenFor(
  stage: Stage,
  options: RunOptions & { longLived?: boolean } = {},
): Promise<{ access: string; refresh: string | undefined; granted: Granted; scope: string }> {
  const granted = await grant(stage, options);
  const { status, body } = await byCode(stage, granted);
  assert.equal(status, 200, JSON.stringify(body));
  const { access_token: access = '', refresh_token: refresh, scope = '' } = body;
  return { access, refresh, granted, scope };
}

/** One question at a service; the path is below its base. */
export function ask(
  stage: Stage,
  token: string | undefined,
  path: string,
  options: Ask & { service?: string; aanbieder?: string; certificate?: CertificateName } = {},
): Promise<Reply> {
  const base = `/medmij/${options.aanbieder ?? P}/${options.service ?? '48'}/fhir`;
  return send(stage.line, `${base}/${path}`, {
    ...options,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      accept: 'application/fhir+json',
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': randomUUID(),
      ...options.headers,
    },
    ...lineAs(stage, options.certificate ?? 'c1'),
  });
}

export interface Bundle {
  readonly resourceType: string;
  readonly type?: string;
  readonly link?: readonly { relation: string; url: string }[];
  readonly entry?: readonly {
    resource: Record<string, unknown> & { id: string; resourceType: string };
  }[];
  readonly issue?: readonly { code: string; diagnostics?: string }[];
}

export const bundle = (reply: Reply): Bundle => JSON.parse(reply.text) as Bundle;

/** A token that was revoked may be honoured this long. */
export const revocation = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 400));
