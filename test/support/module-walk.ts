/** A module of a provider, from the app that starts it to the token that it gets. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Gateway, HOSPITAL, PGO, PUBLIC_URL } from './gateway.ts';
import { browser, csrfOf, type TestBrowser } from './medmij-walk.ts';
import { type person, vaultOf } from './people.ts';

export const MODULE = 'module.test.example';
export const BACK = `https://${MODULE}/terug`;
export const SECRET = 'geheim: met tekens';
export const BASE = `${PUBLIC_URL}/medmij/module/ziekenhuisproef/fhir`;
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const s256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** Its entry in the catalogue. */
export const MODULE_CLIENT = {
  ...{ id: MODULE, name: 'Vragenlijsten', redirectUris: [BACK] },
  about: { nl: 'Vragen van uw zorgverlener.', en: 'Questions of your care provider.' },
  scopes: ['launch', 'fhirUser', 'patient/*.read', 'patient/Task.write'],
  secretDigest: createHash('sha256').update(SECRET).digest('hex'),
};

export const basic = (id = MODULE, secret = SECRET) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;

type Fields = Record<string, string>;

/** The steps, at this gateway and for this person. */
export function moduleWalk(at: () => Gateway, own: ReturnType<typeof person>) {
  async function collectToken(services = ['9000104']): Promise<string> {
    const { rooms } = at();
    const issued = await rooms.tokens.issue(rooms.database, {
      ...{ kind: 'medmij', client: PGO, vault: await vaultOf(at(), own), services },
      ...{ aanbieder: HOSPITAL.id, consent: randomUUID(), correlationId: randomUUID() },
    });
    return issued.token;
  }

  async function post(path: string, form: Fields, authorization?: string) {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await at().ask(`/medmij/module/${path}`, { form, headers });
    return { status: answer.statusCode, ...(answer.body === '' ? {} : answer.json()) };
  }

  async function push(access: string, change: Fields = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const told = await post('par', {
      ...{ response_type: 'code', client_id: PGO, redirect_uri: `https://${PGO}/cb`, state: 'st' },
      ...{ audience: MODULE, subject_token: access, subject_token_type: ACCESS },
      acr_values: 'urn:medmij:oauth2:acr-value:launch-authorization',
      ...{ code_challenge: s256(verifier), code_challenge_method: 'S256' },
      ...change,
    });
    return { ...told, verifier };
  }

  /** A launch code, and the browser that is known by its cookie. */
  async function launched(): Promise<{ told: Fields; launch: string; person: TestBrowser }> {
    const access = await collectToken();
    const { request_uri, verifier } = await push(access);
    const person = browser(at());
    const query = new URLSearchParams({ client_id: PGO, request_uri, state: 'st' });
    const back = await person.go(`/medmij/module/authorize?${query}`);
    const code = new URL(String(back.headers.location)).searchParams.get('code') ?? '';
    const told = await post('token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      ...{ client_id: PGO, audience: MODULE, subject_token: access, subject_token_type: ACCESS },
      ...{ actor_token: code, code_verifier: verifier },
      actor_token_type: 'urn:medmij:token-type:launch-authorization-code',
      requested_token_type: 'urn:medmij:token-type:launch-code',
    });
    return { told, launch: told.access_token, person };
  }

  /** The module asks in the browser of the person; the page is not answered yet. */
  async function asked(person: TestBrowser, launch: string, change: Fields = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: MODULE, redirect_uri: BACK, state: 's', launch },
      ...{ aud: BASE, scope: 'launch fhirUser patient/*.read patient/Task.write system/*.*' },
      ...{ code_challenge: s256(verifier), code_challenge_method: 'S256' },
      ...change,
    });
    const reply = await person.go(`/medmij/module/authorize?${query}`);
    const location = String(reply.headers.location ?? 'https://none.example/');
    return { status: reply.statusCode, location, verifier };
  }

  /** The answer on the page; without a choice everything that stands there is ticked. */
  async function choose(person: TestBrowser, ticked?: readonly string[], keuze = 'ja') {
    const page = await person.go('/medmij/module/keuze');
    const boxes = [...page.body.matchAll(/name="mag" value="([^"]+)"/g)].map(([, name]) => name);
    const mag = (ticked ?? boxes).map((name): [string, string] => ['mag', String(name)]);
    const form: [string, string][] = [['csrf', csrfOf(page)], ['keuze', keuze], ...mag];
    const back = await person.go('/medmij/module/keuze', form);
    const location = String(back.headers.location ?? 'https://none.example/');
    return { page, boxes, form, back, answer: new URL(location).searchParams };
  }

  async function smart(person: TestBrowser, launch: string, change: Fields = {}) {
    const { status, location, verifier } = await asked(person, launch, change);
    if (location !== '/medmij/module/keuze') {
      return { status, answer: new URL(location).searchParams, verifier };
    }
    return { status, verifier, ...(await choose(person)) };
  }

  const redeem = (code: string | null, verifier: string) =>
    post(
      'token',
      {
        ...{ grant_type: 'authorization_code', code: code ?? '' },
        ...{ redirect_uri: BACK, code_verifier: verifier },
      },
      basic(),
    );

  /** All the way, with what was ticked. */
  async function session(ticked?: readonly string[], change: Fields = {}) {
    const { launch, person } = await launched();
    const { verifier } = await asked(person, launch, change);
    const { answer } = await choose(person, ticked);
    return {
      token: await redeem(answer.get('code'), verifier),
      code: answer.get('code'),
      verifier,
    };
  }

  return { collectToken, post, push, launched, asked, choose, smart, redeem, session };
}
