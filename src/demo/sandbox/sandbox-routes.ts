/** `/sandbox`: the page that explains, and the addresses that a test can call (A13). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Rooms } from '../../app.ts';
import type { ServiceFault } from '../../medmij/index.ts';
import { fromFramework } from '../../platform/framework-problem.ts';
import { languageOf } from '../../platform/html/language.ts';
import { PAGE_POLICY } from '../../platform/html/layout.ts';
import { Problem } from '../../platform/problem.ts';
import type { StandInAccount } from '../stand-in-provider.ts';
import type { NewClient, Sandbox } from './sandbox.ts';
import { sandboxPage } from './sandbox-page.ts';
import { stelselnodeRoutes } from './stelselnode-routes.ts';

const HIDDEN = { schema: { hide: true } } as const;

export interface SandboxParts {
  readonly sandbox: Sandbox;
  readonly rooms: Rooms;
  /** Who can log in at the stand-in DigiD. */
  readonly personas: readonly StandInAccount[];
}

/** Registered by the demo only. */
export async function sandboxRoutes(app: FastifyInstance, parts: SandboxParts): Promise<void> {
  await app.register(async (routes) => {
    routes.setErrorHandler((error, _request, reply) => failed(reply, error));
    routes.addHook('onRequest', async (request) => {
      // A page of somebody else, open in the same browser, may not change the sandbox.
      if (request.method !== 'GET' && request.headers['sec-fetch-site'] === 'cross-site') {
        throw new Problem('forbidden', 'Not from another site.', { code: 'csrf' });
      }
    });
    routes.addHook(
      'onSend',
      async (_request, reply) => void reply.header('cache-control', 'no-store'),
    );
    routes.get('/sandbox', HIDDEN, async (request, reply) =>
      reply
        .header('content-security-policy', PAGE_POLICY)
        .type('text/html; charset=utf-8')
        .send((await sandboxPage({ lang: languageOf(request) }, parts)).toString()),
    );
    routes.get('/sandbox/state', HIDDEN, async () => stateOf(parts));
    stelselnodeRoutes(routes, parts.rooms);
    routes.post('/sandbox/clients', HIDDEN, async (request, reply) =>
      reply.code(201).send(await parts.sandbox.register(parts.rooms, newClient(request))),
    );
    routes.post('/sandbox/faults', HIDDEN, async (request) => setFault(parts, request));
    routes.post('/sandbox/clock', HIDDEN, async (request) => setClock(parts, request));
    routes.post('/sandbox/certificate', HIDDEN, async (request) => {
      const state = bodyOf(request)['state'];
      if (state !== 'valid' && state !== 'expired') throw wrong('state');
      await parts.sandbox.setCertificate(state);
      return { state };
    });
  });
}

function stateOf({ sandbox, personas }: SandboxParts) {
  return {
    now: sandbox.clock().toISOString(),
    faults: sandbox.switches(),
    personas: personas.map(({ label, claims }) => ({ name: label, bsn: claims['bsn'] })),
  };
}

function newClient(request: FastifyRequest): NewClient {
  const body = bodyOf(request);
  return {
    hostname: text(body, 'hostname'),
    name: text(body, 'name'),
    services: texts(body, 'services'),
    redirectUris: texts(body, 'redirectUris'),
    notificationBase:
      body['notificationBase'] === undefined ? undefined : text(body, 'notificationBase'),
  };
}

/** `{aanbieder, service, fault: none|slow|down|duplicate, ms}`. */
async function setFault(parts: SandboxParts, request: FastifyRequest) {
  const body = bodyOf(request);
  const aanbieder = text(body, 'aanbieder');
  const service = text(body, 'service');
  const organisation = await parts.rooms.organisations.byAanbieder(aanbieder);
  if (!organisation?.services.includes(service)) throw wrong('service');
  parts.sandbox.setFault(aanbieder, service, faultOf(body));
  return stateOf(parts);
}

function faultOf(body: Record<string, unknown>): ServiceFault | undefined {
  switch (body['fault']) {
    case 'none':
      return undefined;
    case 'slow':
      return { kind: 'slow', ms: Number(body['ms'] ?? 5_000) };
    case 'down':
      return { kind: 'down' };
    case 'duplicate':
      return { kind: 'duplicate' };
    default:
      throw wrong('fault');
  }
}

/** `{ahead: seconds}`, or `{at: instant}`; 0 is the real time again. */
async function setClock(parts: SandboxParts, request: FastifyRequest) {
  const { ahead, at } = bodyOf(request);
  const seconds =
    typeof at === 'string' ? (Date.parse(at) - Date.now()) / 1_000 : Number(ahead ?? Number.NaN);
  parts.sandbox.setAhead(seconds);
  await parts.rooms.ledger.prepareKeys();
  return stateOf(parts);
}

function bodyOf(request: FastifyRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw wrong('body');
  return body as Record<string, unknown>;
}

function text(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value.length > 500) throw wrong(name);
  return value;
}

/** A list in JSON, or words with blanks between them in a form. */
function texts(body: Record<string, unknown>, name: string): readonly string[] | undefined {
  const value = body[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean);
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw wrong(name);
}

function wrong(name: string): Problem {
  return new Problem('invalid', `${name} is missing or not usable.`, { expression: [name] });
}

function failed(reply: FastifyReply, error: unknown) {
  const { kind, message, expression } = fromFramework(error);
  const status = kind === 'forbidden' ? 403 : kind === 'invalid' ? 400 : 500;
  return reply.code(status).send({ error: kind, error_description: message, expression });
}
