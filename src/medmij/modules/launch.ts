/**
 * The PGO starts a module (medmij-protocol.md 9.1, steps 1 to 3): what it wants is pushed, the
 * browser of the person fetches a code without a new log-in and gets a cookie by which it is known
 * again, and the code is exchanged for a launch code that is good once and at no FHIR address.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendFault } from '../authorize-answer.ts';
import { fitsClient, STATE_LENGTH_MAX } from '../authorize-request.ts';
import { consentEnd } from '../consent-end.ts';
import { TokenFault } from '../issue-tokens.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { event, type MedmijAct } from '../medmij-event.ts';
import type { Pgo } from '../pgos.ts';
import { authenticated } from '../token-request.ts';
import { challengeIn, fixed, type ModuleForm, needed, once, proves } from './module-form.ts';
import {
  type LaunchRequest,
  MODULE_SECONDS,
  type ModuleGround,
  TASK_SERVICE,
  URN,
} from './module-ground.ts';

const wrongGrant = (text: string) => new TokenFault('invalid_grant', text);

/** Step 1: `POST /medmij/module/par`. */
export async function pushed(door: MedmijDoor, request: FastifyRequest, form: ModuleForm) {
  const client = await authenticated(door, request.raw, once(form, 'client_id'));
  fixed(form, 'response_type', 'code');
  fixed(form, 'acr_values', URN.launchAcr);
  const redirectUri = needed(form, 'redirect_uri');
  if (!fitsClient(redirectUri, client)) {
    throw new TokenFault('invalid_request', 'redirect_uri is not an address of this client.');
  }
  const state = needed(form, 'state');
  if (state.length > STATE_LENGTH_MAX) {
    throw new TokenFault('invalid_request', 'state is too long.');
  }
  const codeChallenge = challengeIn(form);
  const ground = await groundOf(door, form, client);
  const kept: LaunchRequest = { ...ground, redirectUri, state, codeChallenge };
  const handle = await door.state.put(door.database, kept, {
    kind: 'module-request',
    seconds: MODULE_SECONDS.request,
    family: ground.consent,
  });
  return { request_uri: `${URN.requestUri}${handle}`, expires_in: MODULE_SECONDS.request };
}

/** The collect token says whose record it is, and that tasks may be started. */
async function groundOf(door: MedmijDoor, form: ModuleForm, client: Pgo): Promise<ModuleGround> {
  const module = needed(form, 'audience');
  if (!door.config.modules.some(({ id }) => id === module)) {
    throw new TokenFault('invalid_target', 'audience is not a module that is known here.');
  }
  fixed(form, 'subject_token_type', URN.accessToken);
  const token = await door.tokens.verify(needed(form, 'subject_token')).catch(() => undefined);
  const claims = token?.claims;
  if (claims?.kind !== 'medmij' || claims.client !== client.id) {
    throw wrongGrant('subject_token is expired, revoked, unknown or not yours.');
  }
  if (!claims.services.includes(TASK_SERVICE)) {
    throw new TokenFault('invalid_scope', 'The person gave no consent to start tasks.');
  }
  const { vault, aanbieder, consent, correlationId, representative } = claims;
  return {
    ...{ vault, aanbieder, consent, correlationId, client: client.id, module },
    ...(representative ? { representative } : {}),
  };
}

export const cookieNameOf = (door: MedmijDoor): string =>
  door.config.publicUrl.startsWith('https:') ? '__Host-medmij-module' : 'medmij-module';

/** Step 2: `GET /medmij/module/authorize?client_id&request_uri&state`, in the browser. */
export async function launchAuthorize(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  params: URLSearchParams,
) {
  const [uri = ''] = params.getAll('request_uri');
  const handle = uri.startsWith(URN.requestUri) ? uri.slice(URN.requestUri.length) : '';
  const open = await door.state.take<LaunchRequest>(door.database, 'module-request', handle);
  const asked = open?.value;
  const isSame = asked?.client === params.get('client_id') && asked?.state === params.get('state');
  if (!asked || !isSame || (await consentEnd(door.database, asked, door.clock()))) {
    return sendFault(door, request, reply.code(400));
  }
  const { state: _state, ...kept } = asked;
  const put = (kind: 'module-code' | 'module-cookie', seconds: number) =>
    door.state.put(door.database, kept, { kind, seconds, family: asked.consent });
  const code = await put('module-code', MODULE_SECONDS.launch);
  const cookie = await put('module-cookie', MODULE_SECONDS.cookie);
  await written(door, request, 'authorize', asked);
  reply.setCookie(cookieNameOf(door), cookie, {
    ...{ path: '/', httpOnly: true, sameSite: 'lax' },
    secure: door.config.publicUrl.startsWith('https:'),
    maxAge: MODULE_SECONDS.cookie,
  });
  const url = new URL(asked.redirectUri);
  url.searchParams.set('code', code);
  url.searchParams.set('state', asked.state);
  return reply.redirect(url.href, 302);
}

/** Step 3: the token exchange of RFC 8693, at `POST /medmij/module/token`. */
export async function exchanged(door: MedmijDoor, request: FastifyRequest, form: ModuleForm) {
  const client = await authenticated(door, request.raw, once(form, 'client_id'));
  fixed(form, 'actor_token_type', URN.actorCode);
  fixed(form, 'requested_token_type', URN.launchCode);
  const code = needed(form, 'actor_token');
  const open = await door.state.take<LaunchRequest>(door.database, 'module-code', code);
  const ground = await groundOf(door, form, client);
  const asked = open?.value;
  const isOwn =
    asked !== undefined && asked.client === client.id && asked.consent === ground.consent;
  if (!isOwn || asked.module !== ground.module) {
    throw wrongGrant('actor_token is unknown, used, expired or not yours.');
  }
  if (!proves(once(form, 'code_verifier'), asked.codeChallenge)) {
    throw wrongGrant('code_verifier does not fit.');
  }
  await requireOwnResources(door, request, form, ground);
  const launch = await door.state.put(door.database, ground, {
    kind: 'launch-code',
    seconds: MODULE_SECONDS.launch,
    family: ground.consent,
  });
  await written(door, request, 'token', ground);
  return {
    access_token: launch,
    token_type: 'N_A',
    issued_token_type: URN.launchCode,
    expires_in: MODULE_SECONDS.launch,
  };
}

const RESOURCES_MAX = 20;

/** What the module is started on lies in the person's record, at this aanbieder. */
async function requireOwnResources(
  door: MedmijDoor,
  request: FastifyRequest,
  form: ModuleForm,
  ground: ModuleGround,
): Promise<void> {
  const asked = [form['resource'] ?? []].flat();
  const wrong = new TokenFault('invalid_target', 'resource is not in the record of the person.');
  if (asked.length > RESOURCES_MAX) throw wrong;
  for (const one of asked) {
    const [, type, id] = /^(?:.*\/)?([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(`${one}`) ?? [];
    if (type === undefined || id === undefined) throw wrong;
    if (!(await door.moduleWays.holds(moduleAccess(request, ground), ground.vault, type, id))) {
      throw wrong;
    }
  }
}

/** The person of the ground, as the one who asks through the module. */
export function moduleAccess(request: FastifyRequest, ground: ModuleGround, tokenId = 'launch') {
  const { representative } = ground;
  return {
    id: request.id,
    correlationId: ground.correlationId,
    door: 'medmij' as const,
    client: ground.module,
    address: request.ip,
    actor: representative
      ? ({ kind: 'representative', ...representative } as const)
      : ({ kind: 'person' } as const),
    purpose: 'PATRQT' as const,
    aanbieder: ground.aanbieder,
    gegevensdienst: TASK_SERVICE,
    toestemming: ground.consent,
    tokenId,
  };
}

/** A line in the ledger for each step that gives something. */
export async function written(
  door: MedmijDoor,
  request: FastifyRequest,
  step: 'authorize' | 'token',
  ground: ModuleGround,
  more: Pick<MedmijAct, 'reason' | 'detail'> & { readonly outcome?: MedmijAct['outcome'] } = {},
): Promise<void> {
  const { vault, representative, client, correlationId, aanbieder, consent, module } = ground;
  const { outcome = 0, reason, detail } = more;
  await door.ledger.record([
    event(request, {
      ...{ event: step, outcome, reason, patient: vault, representative, client, correlationId },
      holders: [aanbieder],
      basis: [`toestemming:${consent}`],
      detail: { module, services: TASK_SERVICE, ...detail },
    }),
  ]);
}
