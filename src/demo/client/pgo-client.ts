/**
 * The PGO app of the demo, without a browser: the authorization code flow with the stand-in DigiD,
 * the consent page, the token, and the searches of the services. medmij-protocol.md sections 2 to
 * 4.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createVisitor, formAction, hiddenField } from './browserless.ts';
import { queriesOf } from './service-queries.ts';
import type { Answer, Call, Trail } from './trail.ts';

export interface PgoClient {
  /** Public URL of the gateway. */
  readonly url: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly trail: Trail;
  /** With a client certificate: where tokens and data are asked for, and with what. */
  readonly secure?: { readonly url: string; readonly tls: NonNullable<Call['tls']> };
}

export interface PgoSession {
  readonly aanbieder: string;
  readonly services: readonly string[];
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly correlationId: string;
}

export interface PgoAnswer {
  readonly service: string;
  readonly name: string;
  readonly path: string;
  readonly status: number;
  /** Entries of the searchset; 0 when the answer is none. */
  readonly entries: number;
  readonly body: Answer;
}

/** Where the run ended without a token: an OAuth error, as the PGO sees it. */
export class PgoRefused extends Error {
  readonly error: string;

  constructor(error: string, description: string) {
    super(description);
    this.error = error;
  }
}

const T = {
  start: { nl: 'App vraagt toestemming aan', en: 'App asks for authorization' },
  landing: { nl: 'Landingspagina', en: 'Landing page' },
  digid: { nl: 'Inloggen bij de namaak-DigiD', en: 'Log in at the stand-in DigiD' },
  consent: { nl: 'Persoon geeft toestemming', en: 'Person gives consent' },
  refuse: { nl: 'Persoon geeft geen toestemming', en: 'Person gives no consent' },
  token: { nl: 'App wisselt de code voor een token', en: 'App exchanges the code for a token' },
  refresh: { nl: 'App ververst het token', en: 'App refreshes the token' },
} as const;

/**
 * Logs the person in at DigiD and gets a token for one aanbieder.
 * @param options.services empty: everything that the aanbieder and the PGO have in common.
 * @throws PgoRefused with the error that the PGO got.
 */
export async function authorize(
  client: PgoClient,
  bsn: string,
  aanbieder: string,
  options: { services?: readonly string[]; longLived?: boolean; consent?: boolean } = {},
): Promise<PgoSession> {
  const { trail, redirectUri } = client;
  const visitor = createVisitor(trail);
  const correlationId = randomUUID();
  const state = randomBytes(16).toString('base64url');
  const services = options.services ?? [];
  const scope =
    services.length > 0 ? services.map((id) => `${aanbieder}~${id}`).join(' ') : aanbieder;
  const start = authorizationUrl(client, { scope, state, correlationId });
  const landing = await visitor.follow(T.start, start, { until: redirectUri });
  if (!landing.page) throw refusedAt(landing.url);
  const login = await visitor.follow(T.landing, formAction(landing), {
    call: { form: { csrf: hiddenField(landing.page, 'csrf'), keuze: 'inloggen' } },
  });
  const consent = await visitor.follow(T.digid, formAction(login), {
    call: { form: { bsn } },
    until: redirectUri,
  });
  if (!consent.page) throw refusedAt(consent.url);
  const agrees = options.consent !== false;
  const back = await visitor.follow(agrees ? T.consent : T.refuse, formAction(consent), {
    call: {
      form: {
        csrf: hiddenField(consent.page, 'csrf'),
        keuze: agrees ? 'ja' : 'nee',
        ...(options.longLived ? { langdurig: 'ja' } : {}),
      },
    },
    until: redirectUri,
  });
  const answer = new URL(back.url).searchParams;
  const code = answer.get('code');
  if (code === null || answer.get('state') !== state) throw refusedAt(back.url);
  return redeem(client, { aanbieder, correlationId }, code);
}

/** Where the app sends the browser of its person. */
export function authorizationUrl(
  { url, clientId, redirectUri }: Omit<PgoClient, 'trail'>,
  asked: { readonly scope: string; readonly state: string; readonly correlationId: string },
): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: asked.scope,
    state: asked.state,
    'MedMij-Request-ID': randomUUID(),
    'X-Correlation-ID': asked.correlationId,
  });
  return `${url}/medmij/authorize?${query}`;
}

/** The code that came back for a token. @throws PgoRefused */
export function redeem(
  client: PgoClient,
  session: Pick<PgoSession, 'aanbieder' | 'correlationId'>,
  code: string,
): Promise<PgoSession> {
  return askToken(client, session, T.token, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
  });
}

/** The next pair of tokens, for a consent that was given for longer. @throws PgoRefused */
export function refresh(client: PgoClient, session: PgoSession): Promise<PgoSession> {
  return askToken(client, { ...session, correlationId: randomUUID() }, T.refresh, {
    grant_type: 'refresh_token',
    refresh_token: session.refreshToken ?? '',
  });
}

async function askToken(
  client: PgoClient,
  session: Pick<PgoSession, 'aanbieder' | 'correlationId'>,
  title: { nl: string; en: string },
  form: Record<string, string>,
): Promise<PgoSession> {
  const { url, tls } = lineOf(client);
  const answer = await client.trail.send(title, `${url}/medmij/token`, {
    form: { ...form, client_id: client.clientId },
    headers: { 'MedMij-Request-ID': randomUUID(), 'X-Correlation-ID': session.correlationId },
    ...tls,
  });
  const told = answer.json<Record<string, string | undefined>>();
  if (answer.status !== 200 || told['access_token'] === undefined) {
    throw new PgoRefused(told['error'] ?? 'server_error', told['error_description'] ?? '');
  }
  return {
    aanbieder: session.aanbieder,
    services: (told['scope'] ?? '').split(' '),
    accessToken: told['access_token'],
    refreshToken: told['refresh_token'],
    correlationId: session.correlationId,
  };
}

/** One question at a service; `path` is below its base. */
export function ask(
  client: PgoClient,
  session: PgoSession,
  question: { service: string; path: string; name?: string; accept?: string },
): Promise<Answer> {
  const { url, tls } = lineOf(client);
  const name = question.name ?? question.path;
  const title = { nl: `App haalt op: ${name}`, en: `App collects: ${name}` };
  const base = `${url}/medmij/${session.aanbieder}/${question.service}/fhir`;
  return client.trail.send(title, `${base}/${question.path}`, {
    headers: {
      authorization: `Bearer ${session.accessToken}`,
      accept: question.accept ?? 'application/fhir+json',
      'MedMij-Request-ID': randomUUID(),
      'X-Correlation-ID': session.correlationId,
    },
    ...tls,
  });
}

/** All searches of one service, one after the other. */
export async function collectService(
  client: PgoClient,
  session: PgoSession,
  service: string,
  accept = 'application/fhir+json',
): Promise<PgoAnswer[]> {
  const answers: PgoAnswer[] = [];
  for (const { name, path } of queriesOf(service, new Date())) {
    const body = await ask(client, session, { service, path, name, accept });
    answers.push({ service, name, path, status: body.status, entries: entriesOf(body), body });
  }
  return answers;
}

/** Log in, agree, and collect the services of one aanbieder. @throws PgoRefused */
export async function collect(
  client: PgoClient,
  bsn: string,
  aanbieder: string,
  services: readonly string[],
): Promise<{ session: PgoSession; answers: readonly PgoAnswer[] }> {
  const session = await authorize(client, bsn, aanbieder, { services });
  const answers: PgoAnswer[] = [];
  for (const service of session.services) {
    answers.push(...(await collectService(client, session, service)));
  }
  return { session, answers };
}

const FOUND_IN_XML = /<mode value="(?:match|include)"/g;

/** How many resources a searchset has, in JSON or XML; what it says of itself is none. */
export function entriesOf(answer: Answer): number {
  if (answer.status !== 200) return 0;
  const type = String(answer.headers['content-type'] ?? '');
  if (type.includes('xml')) return answer.text().match(FOUND_IN_XML)?.length ?? 0;
  const { entry = [] } = answer.json<{ entry?: { search?: { mode?: string } }[] }>();
  return entry.filter(({ search }) => search?.mode !== 'outcome').length;
}

/** Where tokens and data are asked for, and with what certificate. */
export function lineOf(client: PgoClient): { url: string; tls: Pick<Call, 'tls'> } {
  const { secure, url } = client;
  return secure ? { url: secure.url, tls: { tls: secure.tls } } : { url, tls: {} };
}

function refusedAt(url: string): PgoRefused {
  const { searchParams } = new URL(url);
  return new PgoRefused(
    searchParams.get('error') ?? 'no-code',
    searchParams.get('error_description') ?? '',
  );
}
