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

/** The version in `If-Match`. @throws Problem `invalid` when it is no tag of ours. */
function ifMatchOf(text: string | undefined, place = 'If-Match'): { ifVersion?: number } {
  if (text === undefined || text === '') return {};
  // Versions begin at 1: a 0 would mean that there is none.
  const version = /^(?:W\/)?"?([1-9]\d{0,8})"?$/.exec(text.trim())?.[1];
  if (version !== undefined) return { ifVersion: Number(version) };
  throw new Problem('invalid', 'This is not a version tag.', { code: 'etag', expression: [place] });
}

/**
 * `If-Match` of a write: one tag, several of which one must be current, or `*` for any version
 * (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1).
 * @throws Problem `invalid` when one of them is no tag of ours
 */
export function ifMatchesOf(
  text: string | undefined,
  place = 'If-Match',
): { ifVersion?: number; ifSome?: number[] | 'any' } {
  const tags = (text ?? '').split(',').map((tag) => tag.trim());
  if (tags.length === 1 && tags[0] !== '*') return ifMatchOf(text, place);
  if (tags.length === 1) return { ifSome: 'any' };
  return { ifSome: tags.map((tag) => ifMatchOf(tag || 'none', place).ifVersion ?? 0) };
}

/**
 * `If-None-Match` of a write: with `*` only where nothing stands, with tags only where none of
 * those versions does (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2). Somebody else's tag
 * is never the current one.
 * @throws Problem `invalid` when it is no list of tags: what is asked must not be left out
 */
export function ifNoneMatchOf(
  text: string | undefined,
  place = 'If-None-Match',
): { onlyIfNone?: true; notVersions?: number[] } {
  const given = text?.trim() ?? '';
  if (given === '') return {};
  if (given === '*') return { onlyIfNone: true };
  const tags = given.split(',').map((tag) => /^(?:W\/)?"([^"\s]*)"$|^(\d{1,9})$/.exec(tag.trim()));
  if (tags.includes(null)) {
    throw new Problem('invalid', 'This is not a version tag.', {
      code: 'etag',
      expression: [place],
    });
  }
  const versions = tags.map((tag) => tag?.[1] ?? tag?.[2] ?? '');
  return { notVersions: versions.filter((one) => /^\d{1,9}$/.test(one)).map(Number) };
}

/**
 * Of a write for which only `If-Match` is known: a step by a person's app, a client's own Group.
 * @throws Problem `invalid` for `If-None-Match`
 */
export function onlyIfMatchOf({ headers }: FastifyRequest): { ifVersion?: number } {
  if (Object.keys(ifNoneMatchOf(headers['if-none-match'])).length > 0) {
    const at = { code: 'etag', expression: ['If-None-Match'] };
    throw new Problem('invalid', 'Name the version that you read with If-Match.', at);
  }
  return ifMatchOf(headers['if-match']);
}

/** What the headers say that has to be so of the version that stands there now. */
export function preconditionsOf({ headers }: FastifyRequest) {
  return { ...ifMatchesOf(headers['if-match']), ...ifNoneMatchOf(headers['if-none-match']) };
}

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
  const own = [type, 'Resource'].flatMap((of) => searchParametersOf(version, of));
  const codes = new Set(own.map(({ code }) => code));
  for (const [name] of conditionOf(query)) {
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
  const negotiated = negotiate(request, asking.version);
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
  return sendResource(reply, resource, asking.version, negotiated);
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
