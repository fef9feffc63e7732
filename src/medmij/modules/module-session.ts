/**
 * The module as the person uses it (medmij-protocol.md 9.1, steps 5 to 9): SMART launch with the
 * launch code and the cookie, tokens of 900 seconds, refreshed within a quarter of an hour and
 * never beyond three hours, and revocation.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ACCESS_TOKEN_SECONDS, type OpenState } from '../../identity/index.ts';
import type { Sql } from '../../platform/database.ts';
import { sendFault } from '../authorize-answer.ts';
import { STATE_LENGTH_MAX } from '../authorize-request.ts';
import { consentEnd } from '../consent-end.ts';
import { TokenFault } from '../issue-tokens.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { cookieNameOf, moduleAccess, written } from './launch.ts';
import { ask, moduleAnswer, typesOf } from './module-choice.ts';
import { type ModuleClient, moduleOf } from './module-client.ts';
import { challengeIn, type ModuleForm, needed, once, proves } from './module-form.ts';
import {
  MODULE_SECONDS,
  type ModuleCode,
  type ModuleGround,
  type ModuleSession,
  type ModuleTokens,
} from './module-ground.ts';
import { rightsOf, scopesAsked } from './module-scope.ts';

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
  try {
    await choiceFor(door, request, reply, params, { module, redirectUri });
    return reply.redirect('/medmij/module/keuze', 302);
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    const state = params.get('state') ?? '';
    const kept = state.length <= STATE_LENGTH_MAX ? state : '';
    return reply.redirect(
      moduleAnswer(door, { redirectUri, state: kept }, { error: error.error }),
      302,
    );
  }
}

/** The launch is redeemed; what the module asks is put before the person. */
async function choiceFor(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  params: URLSearchParams,
  { module, redirectUri }: { module: ModuleClient; redirectUri: string },
): Promise<void> {
  const form = Object.fromEntries(params);
  if (form['response_type'] !== 'code') {
    throw new TokenFault('unsupported_response_type', 'response_type must be code.');
  }
  const state = needed(form, 'state');
  if (state.length > STATE_LENGTH_MAX)
    throw new TokenFault('invalid_request', 'state is too long.');
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
  const scopes = scopesAsked(once(form, 'scope') ?? '', module.scopes);
  if (rightsOf(scopes, typesOf(door)).length === 0) {
    throw new TokenFault('invalid_scope', 'Nothing that this module may have was asked for.');
  }
  await ask(door, reply, { ...ground, redirectUri, state, codeChallenge, scopes });
}

function authenticatedModule(door: MedmijDoor, request: FastifyRequest): ModuleClient {
  const module = moduleOf(door.config.modules, request.headers.authorization);
  if (module) return module;
  throw new TokenFault('invalid_client', 'The module could not be authenticated.', { status: 401 });
}

/** Step 7: a code for a session. */
export async function moduleToken(door: MedmijDoor, request: FastifyRequest, form: ModuleForm) {
  const module = authenticatedModule(door, request);
  const code = needed(form, 'code');
  // Whoever offers the code at the same moment waits, and then finds the tokens that it gave.
  const begun = await door.database.transaction(async (tx) => {
    const open = await door.state.take<ModuleCode>(tx, 'smart-code', code);
    if (!open) return { spent: await door.state.spent<ModuleCode>(tx, 'smart-code', code) };
    const ground = open.value;
    const isOwn = ground.module === module.id && ground.redirectUri === once(form, 'redirect_uri');
    if (!isOwn || !proves(once(form, 'code_verifier'), ground.codeChallenge)) return {};
    if (await consentEnd(tx, ground, door.clock())) return {};
    const { redirectUri: _uri, codeChallenge: _challenge, tokens: family, ...kept } = ground;
    const session: ModuleSession = { ...kept, started: door.clock().getTime() };
    return { session, tokens: await issued(door, tx, session, family) };
  });
  if (begun.session) return tokensOf(door, request, begun.session, begun.tokens);
  // RFC 6749 4.1.2: a code offered twice ends what it gave.
  if (begun.spent) await endSession(door, request, begun.spent.value);
  throw new TokenFault('invalid_grant', 'The code is unknown, used, expired or not yours.');
}

async function endSession(door: MedmijDoor, request: FastifyRequest, code: ModuleCode) {
  await door.tokens.revokeFamily(door.database, code.tokens);
  await written(door, request, 'token', code, { outcome: 4, reason: 'replayed' });
}

/**
 * A session goes on, within its three hours and as long as the consent is in force. A lost answer
 * is given again as to an app (3.5); any other second use of a refresh token ends the session.
 */
export async function moduleRefresh(door: MedmijDoor, request: FastifyRequest, form: ModuleForm) {
  const module = authenticatedModule(door, request);
  const handle = needed(form, 'refresh_token');
  const { spent, session, tokens } = await refreshed(door, module, handle);
  if (session) return tokensOf(door, request, session, tokens);
  const again = spent && (await lostAnswer(door, module, spent));
  if (again) return tokensOf(door, request, spent.value, again);
  if (spent?.family) await door.tokens.revokeFamily(door.database, spent.family);
  throw new TokenFault('invalid_grant', 'The session is unknown, used or over.');
}

type Refreshed =
  | { readonly session: ModuleSession; readonly tokens: ModuleTokens; readonly spent?: undefined }
  | { readonly session?: undefined; readonly tokens?: undefined; readonly spent?: OldSession };

type OldSession = OpenState<ModuleSession>;

/** Whoever refreshes with the same token at the same moment waits, and finds what it gave. */
function refreshed(door: MedmijDoor, module: ModuleClient, handle: string): Promise<Refreshed> {
  return door.database.transaction(async (tx) => {
    const open = await door.state.take<ModuleSession>(tx, 'module-refresh', handle);
    if (!open) {
      const spent = await door.state.spent<ModuleSession>(tx, 'module-refresh', handle);
      return spent ? { spent } : {};
    }
    const { value: session, family = '' } = open;
    if (!(await goesOn(door, tx, module, session))) return { spent: open };
    const tokens = await issued(door, tx, session, family);
    await door.state.replace(tx, 'module-refresh', handle, { ...session, next: tokens });
    return { session, tokens };
  });
}

async function goesOn(door: MedmijDoor, sql: Sql, module: ModuleClient, session: ModuleSession) {
  if (session.module !== module.id || secondsLeft(door, session) <= 0) return false;
  return (await consentEnd(sql, session, door.clock())) === undefined;
}

/** What was given, when it may have been lost: asked again soon, and not gone on with. */
async function lostAnswer(
  door: MedmijDoor,
  module: ModuleClient,
  { value: session, expires: ended }: OldSession,
): Promise<ModuleTokens | undefined> {
  const { next } = session;
  const age = door.clock().getTime() - ended.getTime();
  if (!next || age > door.config.refreshRetrySeconds * 1_000) return undefined;
  if (
    door.config.refreshRetrySeconds === 0 ||
    !(await goesOn(door, door.database, module, session))
  ) {
    return undefined;
  }
  const isUnused = await door.state.peek(door.database, 'module-refresh', next.refresh);
  return isUnused && next;
}

function secondsLeft(door: MedmijDoor, { started }: ModuleSession): number {
  return MODULE_SECONDS.session - Math.floor((door.clock().getTime() - started) / 1_000);
}

async function issued(
  door: MedmijDoor,
  sql: Sql,
  session: ModuleSession,
  family: string,
): Promise<ModuleTokens> {
  const { module, vault, aanbieder, consent, correlationId, scope, representative } = session;
  const seconds = Math.min(ACCESS_TOKEN_SECONDS, secondsLeft(door, session));
  const access = await door.tokens.issue(
    sql,
    {
      ...{ kind: 'module', client: module, vault, aanbieder, consent, correlationId, scope },
      pgo: session.client,
      ...(representative ? { representative } : {}),
    },
    { family, seconds },
  );
  const refresh = await door.state.put(sql, session, {
    kind: 'module-refresh',
    seconds: MODULE_SECONDS.refresh,
    family,
  });
  return { access, refresh };
}

async function tokensOf(
  door: MedmijDoor,
  request: FastifyRequest,
  session: ModuleSession,
  { access, refresh }: ModuleTokens,
) {
  const { vault, scope } = session;
  const patient = await door.moduleWays.patientId(moduleAccess(request, session, access.id), vault);
  await written(door, request, 'token', session, { detail: { scope } });
  const isUser = scope.split(' ').includes('fhirUser');
  return {
    access_token: access.token,
    token_type: 'Bearer',
    expires_in: access.expiresIn,
    refresh_token: refresh,
    scope,
    ...(patient === undefined ? {} : { patient }),
    ...(patient !== undefined && isUser ? { fhirUser: `Patient/${patient}` } : {}),
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
