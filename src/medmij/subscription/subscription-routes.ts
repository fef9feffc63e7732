/**
 * The subscription interface for DVPs: create, read, change, end. JSON both ways over mutual TLS,
 * with a token of an authorization run for a subscription. medmij-protocol.md 8.3.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { fromFramework } from '../../platform/framework-problem.ts';
import { Problem, type ProblemKind } from '../../platform/problem.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { event } from '../medmij-event.ts';
import { ownToken, requireOwnLine } from '../resource-door.ts';
import { isLater, useToestemming } from '../toestemming.ts';
import { logSubscriptions } from './log-subscriptions.ts';
import {
  addSubscription,
  renewSubscription,
  runningSubscription,
  type Subscription,
  setEnd,
  subscriptionById,
} from './subscription.ts';

const DAY_MS = 86_400_000;
const BODY_BYTES_MAX = 8_192;

const schema = {
  tags: ['MedMij'],
  summary: 'MedMij subscription interface, over mutual TLS',
} as const;

const STATUS: Partial<Record<ProblemKind, readonly [number, string]>> = {
  unauthenticated: [401, 'invalid_token'],
  forbidden: [403, 'insufficient_scope'],
  'not-found': [404, 'not_found'],
  busy: [503, 'temporarily_unavailable'],
  fault: [500, 'server_error'],
  throttled: [429, 'temporarily_unavailable'],
  'too-large': [413, 'invalid_request'],
  'unsupported-media': [415, 'invalid_request'],
};

interface Address {
  readonly Params: { readonly aanbieder: string; readonly id: string };
  readonly Body: { readonly duration?: unknown } | null | undefined;
}

/** `/medmij/{aanbieder}/abonnement/Subscription`. */
export async function subscriptionRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  logSubscriptions(app, door);
  app.setErrorHandler((error, request, reply) => failed(request, reply, error));
  const base = '/medmij/:aanbieder/abonnement/Subscription';
  const options = { schema, bodyLimit: BODY_BYTES_MAX };
  app.post<Address>(base, options, async (request, reply) => {
    const made = await create(door, request);
    const address = `${door.config.publicUrl}${base.replace(':aanbieder', request.params.aanbieder)}`;
    return reply.code(201).header('location', `${address}/${made.subscription_id}`).send(made);
  });
  app.get<Address>(`${base}/:id`, { schema }, async (request) => {
    const claims = await openToken(door, request);
    return answerOf(await ownOne(door, request, claims), door.clock());
  });
  for (const method of ['PATCH', 'PUT'] as const) {
    app.route<Address>({
      method,
      url: `${base}/:id`,
      ...options,
      handler: (request) => change(door, request),
    });
  }
  otherMethods(app, base, { allow: 'POST', method: ['GET', 'PUT', 'PATCH', 'DELETE'] });
  otherMethods(app, `${base}/:id`, { allow: 'GET, PATCH, PUT', method: ['POST', 'DELETE'] });
}

/** Said in the words of this interface: an app that guesses a method reads which there are. */
function otherMethods(
  app: FastifyInstance,
  url: string,
  { allow, method }: { allow: string; method: HTTPMethods[] },
): void {
  app.route({
    ...{ method, url, schema: { hide: true } },
    // Before the body is read: what it holds makes no difference.
    onRequest: async (_request, reply) =>
      reply.code(405).header('allow', allow).send({ error: 'invalid_request' }),
    handler: (_request, reply) => reply.code(405).send(),
  });
}

interface Opened {
  readonly client: string;
  readonly vault: string;
  readonly aanbieder: string;
  readonly consent: string;
  readonly correlationId: string;
  readonly service: string;
  readonly days: number;
}

/** @throws Problem: no token, not one for subscriptions here, or not on the line of its client. */
async function openToken(door: MedmijDoor, request: FastifyRequest<Address>): Promise<Opened> {
  const { claims } = await ownToken(door, request);
  if (claims.kind === 'medmij') await requireOwnLine(door, request, claims);
  const aanbieder = await door.organisations.byAanbieder(request.params.aanbieder);
  const isHere = claims.kind === 'medmij' && aanbieder?.id === claims.aanbieder;
  if (!isHere || !claims.subscription) {
    throw new Problem('forbidden', 'The access token is not for subscriptions here.');
  }
  const { vault, consent, correlationId } = claims;
  return {
    ...{ client: claims.client, vault, consent, correlationId },
    aanbieder: claims.aanbieder,
    ...claims.subscription,
  };
}

/** Sent again (the answer was lost), or while one runs: that one, with the newer end. */
async function create(door: MedmijDoor, request: FastifyRequest<Address>) {
  const opened = await openToken(door, request);
  const { vault, consent, client, aanbieder, service } = opened;
  const now = door.clock();
  const days = daysIn(request.body?.duration, opened.days);
  if (days === 0) throw new Problem('invalid', 'duration must be 1 or more to begin.');
  const asked: Subscription = {
    ...{ vault, consent, client, aanbieder, service, id: randomUUID(), created: now },
    grantedUntil: daysFrom(now, opened.days),
    ends: daysFrom(now, days),
  };
  const { one, pending } = await door.database.transaction(async (tx) => {
    if (!(await useToestemming(tx, vault, consent, now))) {
      throw new Problem('unauthenticated', 'The access token is expired, revoked or unknown.');
    }
    const running = await runningSubscription(tx, asked, now);
    // A token of an earlier run does not take back what the person granted later.
    const isOlder = running && (await isLater(tx, vault, running.consent, consent));
    if (isOlder) return { one: running, pending: undefined };
    const one = running ? { ...asked, id: running.id, created: running.created } : asked;
    if (running) await renewSubscription(tx, one, now);
    else await addSubscription(tx, one);
    const line = lineOf(request, opened, one, running ? 'U' : 'C');
    return { one, pending: await door.ledger.write(tx, line) };
  });
  if (pending) await door.ledger.numbered([pending]);
  return answerOf(one, now);
}

/**
 * Shortening and ending cannot be refused; a longer time only as far as the person granted, in the
 * run that it began with or in this newer one.
 */
async function change(door: MedmijDoor, request: FastifyRequest<Address>) {
  const opened = await openToken(door, request);
  const one = await ownOne(door, request, opened);
  const now = door.clock();
  const isNewer = await isLater(door.database, one.vault, opened.consent, one.consent);
  const grantedUntil = isNewer ? daysFrom(now, opened.days) : one.grantedUntil;
  const left = Math.ceil((grantedUntil.getTime() - now.getTime()) / DAY_MS);
  const days = daysIn(request.body?.duration, Math.max(left, opened.days));
  const latest = Math.max(grantedUntil.getTime(), now.getTime());
  const ends = new Date(Math.min(daysFrom(now, days).getTime(), latest));
  const pending = await door.database.transaction(async (tx) => {
    const renewed = { ...one, consent: opened.consent, grantedUntil, ends };
    const isSet = isNewer
      ? await renewSubscription(tx, renewed, now)
      : await setEnd(tx, one, ends, now);
    // It ended meanwhile: nothing was changed, and the answer says how it stands.
    return isSet ? door.ledger.write(tx, lineOf(request, opened, one, 'U')) : undefined;
  });
  if (pending) await door.ledger.numbered([pending]);
  return answerOf((await subscriptionById(door.database, one.vault, one.id)) ?? one, now);
}

const daysFrom = (now: Date, days: number): Date => new Date(now.getTime() + days * DAY_MS);

/** One of this app for this person, aanbieder and service; any other does not exist. */
async function ownOne(
  door: MedmijDoor,
  request: FastifyRequest<Address>,
  { vault, client, aanbieder, service }: Opened,
): Promise<Subscription> {
  const { id } = request.params;
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  const one = isId ? await subscriptionById(door.database, vault, id) : undefined;
  if (one?.client !== client || one.aanbieder !== aanbieder || one.service !== service) {
    throw new Problem('not-found', 'There is no such subscription.');
  }
  return one;
}

/** @throws Problem `invalid` when it is not a whole number of days; more is cut to the maximum. */
function daysIn(value: unknown, maximum: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new Problem('invalid', 'duration must be a whole number of days.', {
      expression: ['duration'],
    });
  }
  return Math.min(value, maximum);
}

function answerOf(one: Subscription, now: Date) {
  const days = Math.max(0, Math.ceil((one.ends.getTime() - now.getTime()) / DAY_MS));
  return {
    subscription_id: one.id,
    subscription_status: days > 0 ? 'active' : 'off',
    duration: days,
    end_date: one.ends.toISOString().slice(0, 10),
  };
}

function lineOf(
  request: FastifyRequest,
  { vault, client, aanbieder, consent, correlationId }: Opened,
  { id, service, ends }: Subscription,
  action: 'C' | 'U',
) {
  return event(request, {
    ...{ event: 'subscription', action, outcome: 0, patient: vault, client, correlationId },
    holders: [aanbieder],
    basis: [`toestemming:${consent}`],
    detail: { services: service, subscription: id, ends: ends.toISOString() },
  });
}

function failed(request: FastifyRequest, reply: FastifyReply, error: unknown) {
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at the subscriptions');
  const [status, name] = STATUS[problem.kind] ?? [400, 'invalid_request'];
  if (status === 503 || status === 429) reply.header('retry-after', '5');
  if (status === 401) {
    // RFC 6750 section 3: who sends no token is told no error.
    const why = ` error="${name}", error_description="${problem.message}"`;
    reply.header('www-authenticate', `Bearer${problem.code === 'missing_token' ? '' : why}`);
  }
  return reply.code(status).send({ error: name, error_description: problem.message });
}
