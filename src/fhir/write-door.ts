/** What the writing interactions share: who may, on which version, and what comes back. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type FhirVersion,
  type Issue,
  operationOutcome,
  type Resource,
  searchParametersOf,
} from '../conformance/index.ts';
import type { Requested, Written } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { sendBinary } from './binary.ts';
import { type Doorway, HIDDEN, queryOf } from './doorway.ts';
import { face } from './face.ts';
import { negotiate } from './negotiate.ts';
import { returnOf } from './prefer.ts';
import { profileNotes } from './profile-notes.ts';
import { read } from './read.ts';
import { sendResource } from './send.ts';

export interface WritingAsking extends Asking {
  readonly writer: NonNullable<Asking['writer']>;
}

/** Route options: who may not write is refused before a body is read. */
export function forWriters({ open }: Doorway) {
  return {
    ...HIDDEN,
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      const asking = await open(request, reply);
      if (!asking.sharing) writerOf(asking);
    },
  };
}

/** @throws Problem `method`: writing is for registered senders. */
export function writerOf(asking: Asking): WritingAsking {
  if (asking.writer) return { ...asking, writer: asking.writer };
  throw noWriting();
}

/** The answer to whoever may only read here. */
export const noWriting = (): Problem =>
  new Problem('method', 'This interaction is not supported at this address.');

/** Search parameters of a condition, from an address or from `If-None-Exist`. */
export function conditionOf(query: URLSearchParams): (readonly [string, string])[] {
  return [...query].filter(([name]) => name !== '_format' && name !== '_pretty');
}

/**
 * A write that is not by condition heeds no search parameters: whoever sends one means that it
 * depends on it, and more would be done than was asked. Others are passed over, unless handling is
 * strict (https://hl7.org/fhir/R4/http.html#create knows `_format` only).
 * @throws Problem `invalid` code `condition` or `search-parameter`, naming the parameter
 */
export function requireUnconditional(
  version: FhirVersion,
  type: string,
  query: URLSearchParams,
  { strict = false, place }: { strict?: boolean; place?: string } = {},
): void {
  const conditions = conditionOf(query);
  if (conditions.length === 0) return;
  const own = [type, 'Resource'].flatMap((of) => searchParametersOf(version, of));
  const codes = new Set(own.map(({ code }) => code));
  for (const [name] of conditions) {
    const isSearch = name.startsWith('_has:') || codes.has(name.split(/[:.]/)[0] ?? '');
    if (!isSearch && !strict) continue;
    const text = isSearch
      ? 'No condition is heeded here: send If-None-Exist with a create, others without an id.'
      : 'This parameter is not known here.';
    const code = isSearch ? 'condition' : 'search-parameter';
    throw new Problem('invalid', text, { code, expression: [place ?? name.slice(0, 100)] });
  }
}

/** @throws Problem `invalid`: without an id a condition has to say which one is meant. */
export function requireCondition(request: FastifyRequest): (readonly [string, string])[] {
  const condition = conditionOf(queryOf(request));
  if (condition.length > 0) return condition;
  throw new Problem('invalid', 'Give an id, or search parameters that mean one resource.', {
    code: 'condition',
  });
}

/** Writes, and answers as the client prefers. */
export async function writeAndAnswer(
  door: FhirDoor,
  asking: WritingAsking,
  request: FastifyRequest,
  reply: FastifyReply,
  requested: Requested,
): Promise<FastifyReply> {
  const negotiated = negotiate(request, asking.version, ownTypeOf(requested));
  const [written] = await writeAll(door, asking, [requested]);
  if (!written) throw new Error('a write gave no answer');
  const isShown = written.resource !== undefined || !asking.sendsOnly;
  const preferred = isShown ? returnOf(request) : 'minimal';
  const status = statusOf(written);
  reply.code(status);
  const isGone = status === 204;
  if (!isGone) {
    reply.header('last-modified', written.updated.toUTCString());
    reply.header('location', locationOf(asking, written));
  }
  if (written.outcome !== 'absent') reply.header('etag', `W/"${written.version}"`);
  if (preferred === 'OperationOutcome') {
    const outcome = operationOutcome(await issuesOf(door, asking, written), asking.version);
    return sendResource(isGone ? reply.code(200) : reply, outcome, asking.version, negotiated);
  }
  if (isGone || preferred === 'minimal') return reply.header('cache-control', 'no-store').send();
  const resource = await representation(door, asking, written);
  const raw = resource.resourceType === 'Binary';
  const sent = raw ? sendBinary(request, reply, resource, { wild: false }) : undefined;
  return sent ?? sendResource(reply, resource, asking.version, negotiated);
}

/** A Binary can be answered as what it holds. */
function ownTypeOf({ resource }: Requested): ReadonlySet<string> {
  const named = resource?.resourceType === 'Binary' ? String(resource['contentType']) : '';
  return new Set([(named.split(';')[0] ?? '').trim().toLowerCase()]);
}

/** All of it in one transaction. */
export function writeAll(
  door: FhirDoor,
  asking: WritingAsking,
  requested: readonly Requested[],
): Promise<readonly Written[]> {
  const { access, version, base, writer } = asking;
  if (!door.writes) throw new Error('a door without writes let a writer in');
  return door.writes({ access, sender: writer, version, bases: [base] }, requested);
}

/** What stands there now; one that was there before is read like any other. */
export async function representation(
  door: FhirDoor,
  asking: Asking,
  written: Written,
): Promise<Resource> {
  const { type, id, version, updated, resource } = written;
  if (!resource) return face(await read(door, asking, { type, id }), asking);
  const meta = {
    ...resource.meta,
    versionId: String(version),
    lastUpdated: updated.toISOString(),
  };
  return { ...resource, id, meta };
}

/** HTTP status of what was done. */
export function statusOf({ outcome }: Written): 200 | 201 | 204 {
  if (outcome === 'created') return 201;
  return ['deleted', 'gone', 'absent'].includes(outcome) ? 204 : 200;
}

/** Address of the version that stands there now. */
export function locationOf({ base }: Asking, { type, id, version }: Written): string {
  return `${base}/${type}/${id}/_history/${version}`;
}

const SAID: Readonly<Record<Written['outcome'], string>> = {
  created: 'It is stored.',
  updated: 'It is stored as a new version.',
  unchanged: 'It was stored like this already.',
  deleted: 'It is withdrawn.',
  exists: 'One that fits the condition is stored already.',
  gone: 'It was withdrawn already.',
  absent: 'There is nothing to withdraw.',
};

/** What became of a write, and what the profiles that it claims say of it. */
export async function issuesOf(
  door: FhirDoor,
  asking: Asking,
  { outcome, resource }: Written,
): Promise<Issue[]> {
  const done: Issue = {
    severity: 'information',
    code: 'informational',
    detail: outcome,
    text: SAID[outcome],
  };
  return [done, ...(await profileNotes(door, asking, resource))];
}
