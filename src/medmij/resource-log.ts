/**
 * What surrounds every resource request: its chain events, its time limit, and the flags for ids
 * that are missing or repeated. medmij-protocol.md 4.4, 7.2; core.rscint.201 and .202.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { operationOutcome, R4, writeFhir } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { ChainEvent } from './chain/chain-log.ts';
import { errorOf, plainForLog, requestStep } from './chain/request-step.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { uuidHeader } from './request-ids.ts';

const REFUSED: ReadonlySet<number> = new Set([400, 401, 403]);

/** Hooks for the scope that holds the resource routes, and nothing else. */
export function logResources(app: FastifyInstance, door: MedmijDoor): void {
  door.levels.measure(app, 'resource');
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  app.addHook('onRequest', async (request, reply) => {
    const step = stepOf(request);
    const flags = [
      ...door.seen.flag(uuidHeader(request, 'medmij-request-id')),
      ...(uuidHeader(request, 'x-correlation-id') === undefined
        ? ['correlation-id-generated']
        : []),
    ];
    door.chain.note({ ...step, type: 'receive_resource_request', flags });
    const timer = setTimeout(() => tooLate(door, request, reply), door.config.resourceMsMax);
    timer.unref();
    timers.set(request, timer);
  });
  if (door.faults) {
    app.addHook('preHandler', async (request) => {
      const { aanbieder = '', dienst = '' } = request.params as Record<string, string>;
      const fault = door.faults?.of(aanbieder, dienst);
      if (fault?.kind === 'down') throw await switchedOff(door, aanbieder);
      if (fault?.kind === 'slow') await delay(fault.ms);
    });
  }
  app.addHook('onResponse', async (request, reply) => {
    clearTimeout(timers.get(request));
    const { statusCode: status } = reply;
    const step = { ...stepOf(request), response: { id: stepOf(request).request?.id, status } };
    if (status < 400) return door.chain.note({ ...step, type: 'send_resource_response' });
    const type = REFUSED.has(status)
      ? 'send_resource_request_error'
      : 'send_resource_error_response';
    door.chain.note({ ...step, type, error: errorOf(status) });
  });
}

/** Which source it is, so that the app can ask there again, and there alone (A6). */
async function switchedOff(door: MedmijDoor, aanbieder: string): Promise<Problem> {
  const name = (await door.organisations.byAanbieder(aanbieder))?.name ?? 'The source';
  return new Problem('busy', `${name} does not answer now.`, {
    code: 'source-down',
    retryAfterSeconds: OFF_SECONDS,
  });
}

const OFF_SECONDS = 30;

/** Nobody waits longer than MedMij allows: the answer is 504, and what comes after is dropped. */
function tooLate(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
  const { dienst = '' } = request.params as Record<string, string | undefined>;
  const version = door.diensten.get(dienst)?.version ?? R4;
  const issue = { severity: 'error', code: 'timeout', text: TOO_LONG } as const;
  const asked = `${request.url} ${request.headers.accept ?? ''}`;
  const format = /fhir(\+|%2B)xml/i.test(asked) ? 'xml' : 'json';
  void reply
    .code(504)
    .header('cache-control', 'no-store')
    .type(`application/fhir+${format}`)
    .send(writeFhir(operationOutcome([issue], version), { format, version }));
}

const TOO_LONG = 'The answer took too long.';

function stepOf(request: FastifyRequest): Omit<ChainEvent, 'type'> {
  const { dienst } = (request.params ?? {}) as Record<string, string | undefined>;
  const serviceId = plainForLog(dienst);
  return requestStep(request, `${serviceId}/fhir`, { serviceId });
}
