/**
 * Batch and transaction at the base. A batch is as if each entry came by itself; a transaction is
 * done as a whole or not at all, deletes first, then creates, updates and patches, and reads last.
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type Bundle,
  type BundleEntry,
  type FhirVersion,
  operationOutcome,
  outcomeOf,
  type Resource,
  requireKnownMembers,
} from '../conformance/index.ts';
import type { Written } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { resourceIn } from './body.ts';
import { type Asked, askedOf } from './bundle-entry.ts';
import { type Doorway, HIDDEN } from './doorway.ts';
import { actorOf, requireSystem } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { negotiate } from './negotiate.ts';
import { isStrict, type Return, returnOf } from './prefer.ts';
import { type BundleTurn, readInBundle } from './read-in-bundle.ts';
import { rehearsing } from './rehearse.ts';
import { sendResource } from './send.ts';
import { shareBundle } from './share-bundle.ts';
import {
  issuesOf,
  locationOf,
  representation,
  statusOf,
  writeAll,
  writerOf,
} from './write-door.ts';

/** `POST` at the base of the door. */
export function bundleRoute(app: FastifyInstance, { door, open }: Doorway): void {
  const onRequest = async (request: FastifyRequest, reply: Parameters<typeof open>[1]) => {
    const asking = await open(request, reply);
    if (!asking.sharing) requireSystem(asking.access);
  };
  app.post('/', { ...HIDDEN, onRequest }, async (request, reply) => {
    const asking = await open(request, reply);
    const negotiated = negotiate(request, asking.version);
    const bundle = bundleIn(resourceIn(request, asking.version), asking.version);
    const preferred = returnOf(request, 'minimal');
    if (asking.sharing) {
      const { sharing } = asking;
      const shared = await shareBundle(door, asking, sharing, bundle, returnOf(request));
      return sendResource(reply, shared, asking.version, negotiated);
    }
    requireSystem(asking.access, bundle.type);
    if (actorOf(asking.access) === 'pgo') requireQuestions(bundle.entry ?? []);
    const run = bundle.type === 'batch' ? batch : transaction;
    const describe = () => door.describe(request);
    const turn = { door, asking, strict: isStrict(request), describe, given: 0 };
    const entry = await run(turn, bundle.entry ?? [], preferred);
    const answer = {
      resourceType: 'Bundle',
      id: randomUUID(),
      type: `${bundle.type}-response`,
      ...(entry.length > 0 ? { entry } : {}),
    };
    return sendResource(reply, answer, asking.version, negotiated);
  });
}

/**
 * @throws Problem `invalid` when it is not a batch or transaction, `unprocessable` when it has what no
 *   bundle has, `too-large`.
 */
function bundleIn(resource: Resource, version: FhirVersion): Bundle {
  const { type, entry } = resource as Bundle;
  const isBundle = resource.resourceType === 'Bundle' && ['batch', 'transaction'].includes(type);
  if (!isBundle || (entry !== undefined && !Array.isArray(entry))) {
    throw new Problem('invalid', 'Send a Bundle of type batch or transaction.', {
      code: 'bundle-type',
      expression: ['Bundle.type'],
    });
  }
  requireKnownMembers(version, 'Bundle', resource, 'Bundle');
  if ((entry ?? []).length > FHIR_LIMITS.bundleEntriesMax) {
    throw new Problem('too-large', `A bundle may hold ${FHIR_LIMITS.bundleEntriesMax} entries.`, {
      expression: ['Bundle.entry'],
    });
  }
  return resource as Bundle;
}

/** An app that sends where it may only ask hears so as a whole, not in a 200. */
function requireQuestions(entries: readonly BundleEntry[]): void {
  const isQuestion = ({ request }: BundleEntry) =>
    request?.method === 'GET' || request?.method === 'HEAD';
  if (entries.every((entry) => isQuestion(entry ?? {}))) return;
  throw new Problem('method', 'Only questions (GET) are answered in a batch at this address.');
}

const ORDER = ['DELETE', 'POST', 'PUT', 'PATCH', 'GET'];

const placeOf = (index: number): string => `Bundle.entry[${index}]`;
const methodOf = (asked: Asked): string => (asked.kind === 'read' ? 'GET' : asked.write.method);

async function batch(
  turn: BundleTurn,
  entries: readonly BundleEntry[],
  preferred: Return,
): Promise<BundleEntry[]> {
  const { asking } = turn;
  const answers: BundleEntry[] = [];
  const turns: { index: number; asked: Asked }[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      turns.push({ index, asked: askedOf(asking, entry ?? {}, placeOf(index)) });
    } catch (error) {
      answers[index] = failed(asking, error);
    }
  }
  turns.sort((a, b) => ORDER.indexOf(methodOf(a.asked)) - ORDER.indexOf(methodOf(b.asked)));
  const answer = async ({ index, asked }: (typeof turns)[number]) => {
    answers[index] = await alone(turn, asked, preferred).catch((error: unknown) =>
      failed(asking, error),
    );
  };
  for (const one of turns) if (one.asked.kind === 'write') await answer(one);
  await someAtOnce(
    turns.filter(({ asked }) => asked.kind === 'read'),
    answer,
  );
  return answers;
}

/** Each read waits for the end of its band of time, so one after another would take long. */
const READS_AT_ONCE = 4;

async function someAtOnce<T>(all: readonly T[], answer: (one: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += READS_AT_ONCE) {
    await Promise.all(all.slice(at, at + READS_AT_ONCE).map(answer));
  }
}

async function alone(turn: BundleTurn, asked: Asked, preferred: Return): Promise<BundleEntry> {
  if (asked.kind === 'read') return readInBundle(turn, asked);
  const { door, asking } = turn;
  const [written] = await writeAll(door, writerOf(asking), [asked.write]);
  if (!written) throw new Error('a write gave no answer');
  return answerOf(door, asking, written, preferred);
}

const STATUS: Readonly<Record<number, string>> = {
  200: '200 OK',
  201: '201 Created',
  204: '204 No Content',
};

async function answerOf(
  door: FhirDoor,
  asking: Asking,
  written: Written,
  preferred: Return,
): Promise<BundleEntry> {
  const status = statusOf(written);
  const isThere = status !== 204;
  const response = {
    status: STATUS[status] ?? String(status),
    ...(written.outcome === 'absent' ? {} : { etag: `W/"${written.version}"` }),
    ...(isThere
      ? {
          location: locationOf(asking, written),
          lastModified: written.updated.toISOString(),
        }
      : {}),
    ...(preferred === 'OperationOutcome'
      ? { outcome: operationOutcome(await issuesOf(door, asking, written), asking.version) }
      : {}),
  };
  return preferred === 'representation' && isThere
    ? { resource: await representation(door, asking, written), response }
    : { response };
}

function failed({ version }: Asking, error: unknown): BundleEntry {
  const { status, body } = outcomeOf(Problem.from(error), version);
  return { response: { status: String(status), outcome: body } };
}

async function transaction(
  turn: BundleTurn,
  entries: readonly BundleEntry[],
  preferred: Return,
): Promise<BundleEntry[]> {
  const { door, asking } = turn;
  const rehearsal = { ...turn, door: rehearsing(door), given: 0 };
  const all = entries.map((entry, index) => askedOf(asking, entry ?? {}, placeOf(index)));
  const writes = all.flatMap((asked, index) =>
    asked.kind === 'write' ? [{ write: asked.write, index }] : [],
  );
  writes.sort((a, b) => ORDER.indexOf(a.write.method) - ORDER.indexOf(b.write.method));
  const changed = new Set(writes.map(({ write }) => `${write.type}/${write.id ?? ''}`));
  await someAtOnce(all, async (asked) => {
    if (asked.kind !== 'read' || writes.length === 0) return;
    const [, type, id] = asked.url.pathname.split('/');
    if (changed.has(`${type}/${id}`)) return;
    await readInBundle(rehearsal, asked).catch((error: unknown) => {
      throw placed(error, asked.place);
    });
  });
  const answers: BundleEntry[] = [];
  if (writes.length > 0) {
    const requested = writes.map(({ write }) => write);
    const written = await writeAll(door, writerOf(asking), requested);
    for (const [at, { index }] of writes.entries()) {
      const one = written[at];
      if (one) answers[index] = await answerOf(door, asking, one, preferred);
    }
  }
  await someAtOnce([...all.entries()], async ([index, asked]) => {
    if (asked.kind !== 'read') return;
    // What was there a moment ago may be gone by now: the rest is done, and stands.
    answers[index] = await readInBundle(turn, asked).catch((error: unknown) => {
      if (writes.length > 0) return failed(asking, error);
      throw placed(error, asked.place);
    });
  });
  return answers;
}

function placed(error: unknown, place: string): Problem {
  const { kind, message, code, expression, cause } = Problem.from(error);
  const isPlaced = expression.some((one) => one.startsWith(place));
  const where = isPlaced ? expression : [`${place}.request.url`, ...expression];
  return new Problem(kind, message, { code, expression: where, cause });
}
