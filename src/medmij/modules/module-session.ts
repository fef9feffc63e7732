/**
 * The module as the person uses it (medmij-protocol.md 9.1, steps 5 to 9): SMART launch with the
 * launch code and the cookie, tokens of 900 seconds, refreshed within a quarter of an hour and
 * never beyond three hours, and revocation.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ACCESS_TOKEN_SECONDS, newFamily } from '../../identity/index.ts';
import { sendFault } from '../authorize-answer.ts';
import { STATE_LENGTH_MAX } from '../authorize-request.ts';
import { consentEnd } from '../consent-end.ts';
import { TokenFault } from '../issue-tokens.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { cookieNameOf, moduleAccess, written } from './launch.ts';
import { type ModuleClient, moduleOf } from './module-client.ts';
import { challengeIn, type ModuleForm, needed, once, proves } from './module-form.ts';
import {
  MODULE_SECONDS,
  type ModuleCode,
  type ModuleGround,
  type ModuleSession,
} from './module-ground.ts';

/** What a module may ask for; whatever else it asks is left out of what it gets. */
const SCOPE = /^(launch|fhirUser|patient\/(\*|[A-Z][A-Za-z]+)\.(read|rs)|patient\/Task\.write)$/;
const SCOPES_MAX = 40;

/**
 * The types that a scope lets a module read, of those that are here.
 * https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */
export function readableBy(scope: string, types: ReadonlySet<string>): ReadonlySet<string> {
  const asked = scope
    .split(' ')
    .flatMap((one) => /^patient\/(.+)\.(read|rs)$/.exec(one)?.[1] ?? []);
  return asked.includes('*') ? types : new Set(asked.filter((one) => types.has(one)));
}

/** Address of the FHIR interface that a module gets to see. */
export async function moduleBase(door: MedmijDoor, aanbieder: string): Promise<string> {
  const name = (await door.organisations.byId(aanbieder))?.aanbieder ?? 'onbekend';
  return `${door.config.publicUrl}/medmij/module/${name}/fhir`;
}

/** Step 6: `GET /medmij/module/authorize` with `launch`, in the same browser. */
export async function moduleAuthorize(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  params: URLSearchParams,
) {
  const module = door.config.modules.find(({ id }) => id === params.get('client_id'));
  const redirectUri = params.get('redirect_uri') ?? '';
  const isRepeated = [...new Set(params.keys())].some((name) => params.getAll(name).length > 1);
  if (!module?.redirectUris.includes(redirectUri) || isRepeated) {
    return sendFault(door, request, reply.code(400));
  }
  const url = new URL(redirectUri);
  const state = params.get('state') ?? '';
  try {
    const code = await codeFor(door, request, params, { module, redirectUri });
    url.searchParams.set('code', code);
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    url.searchParams.set('error', error.error);
  }
  if (state !== '' && state.length <= STATE_LENGTH_MAX) url.searchParams.set('state', state);
  return reply.redirect(url.href, 302);
}

async function codeFor(
  door: MedmijDoor,
  request: FastifyRequest,
  params: URLSearchParams,
  { module, redirectUri }: { module: ModuleClient; redirectUri: string },
): Promise<string> {
  const form = Object.fromEntries(params);
  if (form['response_type'] !== 'code') {
    throw new TokenFault('unsupported_response_type', 'response_type must be code.');
  }
  needed(form, 'state');
  const codeChallenge = challengeIn(form);
  const launch = needed(form, 'launch');
  const cookie = request.cookies[cookieNameOf(door)] ?? '';
  const open = await door.state.take<ModuleGround>(door.database, 'launch-code', launch);
  const known = await door.state.peek<ModuleGround>(door.database, 'module-cookie', cookie);
  const ground = open?.value;
  const isOwn = ground?.module === module.id && known?.value.module === module.id;
  // Another browser is another person, for all that is known: nobody is let in by a launch alone.
  if (!ground || !isOwn || known.value.vault !== ground.vault) {
    throw new TokenFault('access_denied', 'The launch is unknown, used, expired or not yours.');
  }
  const base = await moduleBase(door, ground.aanbieder);
  if (form['aud'] !== base) throw new TokenFault('invalid_request', 'aud must be the FHIR base.');
  if (await consentEnd(door.database, ground, door.clock())) {
    throw new TokenFault('access_denied', 'The consent has ended.');
  }
  const asked = new Set((once(form, 'scope') ?? '').split(' '));
  const scope = [...asked]
    .filter((one) => SCOPE.test(one))
    .slice(0, SCOPES_MAX)
    .join(' ');
  if (!scope.includes('patient/')) throw new TokenFault('invalid_scope', 'No data was asked for.');
  const kept: ModuleCode = { ...ground, redirectUri, codeChallenge, scope };
  return door.state.put(door.database, kept, {
    kind: 'smart-code',
    seconds: MODULE_SECONDS.code,
    family: ground.consent,
  });
}

function authenticatedModule(door: MedmijDoor, request: FastifyRequest): ModuleClient {
  const module = moduleOf(door.config.modules, request.headers.authorization);
  if (module) return module;
  throw new TokenFault('invalid_client', 'The module could not be authenticated.', { status: 401 });
}

/** Step 7: a code for a session. */
export async function moduleToken(door: MedmijDoor, request: FastifyRequest, form: ModuleForm) {
  const module = authenticatedModule(door, request);
  const open = await door.state.take<ModuleCode>(door.database, 'smart-code', needed(form, 'code'));
  const ground = open?.value;
  const isOwn = ground?.module === module.id && ground.redirectUri === once(form, 'redirect_uri');
  if (!ground || !isOwn || !proves(once(form, 'code_verifier'), ground.codeChallenge)) {
    throw new TokenFault('invalid_grant', 'The code is unknown, used, expired or not yours.');
  }
  const { redirectUri: _uri, codeChallenge: _challenge, ...kept } = ground;
  const session: ModuleSession = { ...kept, started: door.clock().getTime() };
  return tokensOf(door, request, session, newFamily());
}

/** A session goes on, within its three hours and as long as the consent is in force. */
export async function moduleRefresh(door: MedmijDoor, request: FastifyRequest, form: ModuleForm) {
  const module = authenticatedModule(door, request);
  const handle = needed(form, 'refresh_token');
  const open = await door.state.take<ModuleSession>(door.database, 'module-refresh', handle);
  const session = open?.value;
  const family = open?.family ?? '';
  const isOwn = session?.module === module.id;
  const isOver = !isOwn || secondsLeft(door, session) <= 0;
  if (!isOwn || isOver || (await consentEnd(door.database, session, door.clock()))) {
    const spent = open ?? (await door.state.spent(door.database, 'module-refresh', handle));
    if (spent?.family) await door.tokens.revokeFamily(door.database, spent.family);
    throw new TokenFault('invalid_grant', 'The session is unknown, used or over.');
  }
  return tokensOf(door, request, session, family);
}

function secondsLeft(door: MedmijDoor, { started }: ModuleSession): number {
  return MODULE_SECONDS.session - Math.floor((door.clock().getTime() - started) / 1_000);
}

async function tokensOf(
  door: MedmijDoor,
  request: FastifyRequest,
  session: ModuleSession,
  family: string,
) {
  const { module, vault, aanbieder, consent, correlationId, scope, representative } = session;
  const seconds = Math.min(ACCESS_TOKEN_SECONDS, secondsLeft(door, session));
  const issued = await door.tokens.issue(
    door.database,
    {
      ...{ kind: 'module', client: module, vault, aanbieder, consent, correlationId, scope },
      pgo: session.client,
      ...(representative ? { representative } : {}),
    },
    { family, seconds },
  );
  const refresh = await door.state.put(door.database, session, {
    kind: 'module-refresh',
    seconds: MODULE_SECONDS.refresh,
    family,
  });
  const access = moduleAccess(request, session, issued.id);
  const patient = await door.moduleWays.patientId(access, vault);
  await written(door, request, 'token', session);
  return {
    access_token: issued.token,
    token_type: 'Bearer',
    expires_in: issued.expiresIn,
    refresh_token: refresh,
    scope,
    ...(patient === undefined ? {} : { patient, fhirUser: `Patient/${patient}` }),
  };
}

/** Step 9: RFC 7009; a token that is not there is revoked already. */
export async function moduleRevoke(
  door: MedmijDoor,
  request: FastifyRequest,
  form: ModuleForm,
): Promise<void> {
  const module = authenticatedModule(door, request);
  const token = needed(form, 'token');
  const access = await door.tokens.verify(token).catch(() => undefined);
  const refresh = await door.state.peek<ModuleSession>(door.database, 'module-refresh', token);
  const isAccess = access?.claims.kind === 'module' && access.claims.client === module.id;
  const family = isAccess
    ? access.family
    : refresh?.value.module === module.id
      ? refresh.family
      : undefined;
  if (family !== undefined) await door.tokens.revokeFamily(door.database, family);
}
