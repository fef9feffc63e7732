/**
 * All of one person's record that this visitor may see.
 * https://hl7.org/fhir/R4/patient-operation-everything.html
 *
 * Without `_count` the answer is written as it is decided, part by part, so that memory stays
 * bounded. Once it has begun there is no other status to give: a failure half-way breaks the
 * connection off, so that nobody takes a piece for the whole.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type BundleEntry, isResourceType, type Resource, r4TypeOf } from '../conformance/index.ts';
import type { EverythingPart, EverythingQuestion } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import {
  beforeBody,
  countOf,
  type Doorway,
  dateText,
  momentOf,
  type TypedRequest,
  type TypeParams,
} from './doorway.ts';
import { bundleBytes, entryBytes, joinEntries } from './entry-bytes.ts';
import { face } from './face.ts';
import { requireOperation } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { formatParameter, mediaTypeOf, type Negotiated, negotiate } from './negotiate.ts';
import { operationParameters } from './operation-parameters.ts';
import { isStrict } from './prefer.ts';
import { ID } from './read.ts';
import { sendJson, sendResource } from './send.ts';

/** `GET /Patient/:id/$everything`, and `GET /Patient/$everything` where the token says whose. */
export function everythingRoutes(app: FastifyInstance, doorway: Doorway): void {
  for (const url of ['/:type/:id/$everything', '/:type/$everything']) {
    app.route<{ Params: TypeParams }>({
      method: ['GET', 'POST'],
      url,
      ...beforeBody(doorway),
      handler: (request, reply) => answer(doorway, request, reply),
    });
  }
}

async function answer(
  { door, open }: Doorway,
  request: TypedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asking = await open(request, reply);
  const { type, id } = request.params;
  requireWhose(asking, type, id);
  const negotiated = negotiate(request, asking.version);
  const query = operationParameters(request, asking.version);
  if (isStrict(request)) requireKnown(query);
  const question = questionOf(asking, query, id, negotiated);
  const self = selfOf(asking, question, query);
  const parts = door.views.everything(asking.access, asking.vault, question);
  const isWhole = question.pageSize === undefined;
  if (isWhole && negotiated.format === 'json' && !negotiated.pretty) {
    return stream(asking, reply, self, parts);
  }
  const part = await firstOf(parts);
  return sendPage(asking, reply, { question, self, part, negotiated }, formatParameter(request));
}

/** Its first page, for a bundle: there it is never streamed. @throws Problem as alone. */
export async function everythingPage(
  door: FhirDoor,
  asking: Asking,
  { type, id, query }: { type: string; id?: string | undefined; query: URLSearchParams },
): Promise<Resource> {
  requireWhose(asking, type, id);
  const question = questionOf(asking, query, id, { format: 'json', pretty: true });
  const part = await firstOf(door.views.everything(asking.access, asking.vault, question));
  const head = headOf(asking, question, { self: selfOf(asking, question, query), part });
  return { ...head, ...entriesOf(asking, part) };
}

function requireWhose(asking: Asking, type: string, id: string | undefined): void {
  requireOperation(asking.access, 'everything', type);
  if (id !== undefined || asking.vault !== undefined) return;
  throw new Problem('invalid', 'Name the Patient: the token does not.', {
    code: 'patient-required',
  });
}

function questionOf(
  asking: Asking,
  query: URLSearchParams,
  id: string | undefined,
  { format, pretty }: Negotiated,
): EverythingQuestion {
  const since = momentOf(query, '_since');
  const types = typesOf(asking, query);
  const cursor = query.get('_cursor');
  // Formats that are written at once are given in pages, whatever the size of the record.
  const isWritten = format === 'xml' || pretty;
  const fallback = isWritten || cursor !== null ? FHIR_LIMITS.everythingPageSizeMax : undefined;
  const pageSize = countOf(query, FHIR_LIMITS.everythingPageSizeMax) ?? fallback;
  const start = dateText(query, 'start');
  const end = dateText(query, 'end');
  return {
    version: asking.version,
    base: asking.base,
    path: id === undefined ? 'Patient/$everything' : `Patient/${id}/$everything`,
    // What is no id is nobody's.
    ...(id === undefined ? {} : { id: ID.test(id) ? id : '-' }),
    ...(types === undefined ? {} : { types }),
    ...(since === undefined ? {} : { since }),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(cursor === null ? {} : { cursor }),
  };
}

const SHOWN = ['_since', '_type', 'start', 'end', '_count'];
const KNOWN: ReadonlySet<string> = new Set([...SHOWN, '_cursor', '_format', '_pretty']);

/** @throws Problem `invalid` code `parameter`, naming what is passed over where nobody is strict. */
function requireKnown(query: URLSearchParams): void {
  const unknown = [...query.keys()].find((name) => !KNOWN.has(name));
  if (unknown === undefined) return;
  throw new Problem('invalid', 'This parameter is not known here.', {
    code: 'parameter',
    expression: [unknown.slice(0, 100)],
  });
}

/** What was asked, as it was understood. */
function selfOf({ base }: Asking, { path }: EverythingQuestion, query: URLSearchParams): string {
  const shown = new URLSearchParams([...query].filter(([name]) => SHOWN.includes(name)));
  return `${base}/${path}${shown.size === 0 ? '' : `?${shown}`}`;
}

function typesOf(asking: Asking, query: URLSearchParams): string[] | undefined {
  const names = query.getAll('_type').flatMap((text) => text.split(','));
  if (names.length === 0) return undefined;
  const unknown = names.find((name) => !isResourceType(asking.version, name));
  if (unknown !== undefined) {
    throw new Problem('invalid', 'This is not a resource type of this FHIR version.', {
      code: 'type',
      expression: ['_type'],
    });
  }
  return [...new Set(names.map(r4TypeOf))];
}

async function firstOf(parts: AsyncGenerator<EverythingPart>): Promise<EverythingPart> {
  const { value, done } = await parts.next();
  await parts.return(undefined);
  return done ? { resources: [] } : value;
}

function sendPage(
  asking: Asking,
  reply: FastifyReply,
  told: {
    question: EverythingQuestion;
    self: string;
    part: EverythingPart;
    negotiated: Negotiated;
  },
  format: string,
): FastifyReply {
  const { question, self, part, negotiated } = told;
  const head = headOf(asking, question, { self, part, format });
  if (negotiated.format === 'json' && !negotiated.pretty) {
    const entries = part.resources.map((one) => entryBytes(asking, one, 'match'));
    return sendJson(reply, bundleBytes(head, entries), asking.version);
  }
  const bundle = { ...head, ...entriesOf(asking, part) };
  return sendResource(reply, bundle, asking.version, negotiated);
}

function headOf(
  { base }: Asking,
  { path }: EverythingQuestion,
  { self, part, format = '' }: { self: string; part: EverythingPart; format?: string },
) {
  const url = `${base}/${path}`;
  const next = part.next && { relation: 'next', url: `${url}?_cursor=${part.next}${format}` };
  return {
    resourceType: 'Bundle',
    id: randomUUID(),
    type: 'searchset',
    link: [{ relation: 'self', url: self }, ...(next ? [next] : [])],
  };
}

function entriesOf(asking: Asking, { resources }: EverythingPart): { entry?: BundleEntry[] } {
  const entry = resources.map((one) => entryOf(asking, one));
  return entry.length > 0 ? { entry } : {};
}

function entryOf(asking: Asking, one: EverythingPart['resources'][number]): BundleEntry {
  const resource = face(one, asking);
  return {
    fullUrl: `${asking.base}/${resource.resourceType}/${one.id}`,
    resource,
    search: { mode: 'match' },
  };
}

/** The first part is awaited, so that a refusal still has its status. */
async function stream(
  asking: Asking,
  reply: FastifyReply,
  self: string,
  parts: AsyncGenerator<EverythingPart>,
): Promise<FastifyReply> {
  const first = await parts.next();
  const link = [{ relation: 'self', url: self }];
  const head = { resourceType: 'Bundle', id: randomUUID(), type: 'searchset', link };
  async function* written(): AsyncGenerator<Buffer> {
    yield Buffer.from(JSON.stringify(head).slice(0, -1));
    let count = 0;
    for (let part = first; !part.done; part = await parts.next()) {
      const entries = part.value.resources.map((one) => entryBytes(asking, one, 'match'));
      if (entries.length > 0) {
        yield joinEntries(count === 0 ? ',"entry":[' : ',', entries, '');
      }
      count += entries.length;
    }
    yield Buffer.from(count === 0 ? ',"total":0}' : `],"total":${count}}`);
  }
  return reply
    .header('cache-control', 'no-store')
    .type(mediaTypeOf('json', asking.version))
    .send(Readable.from(written(), { objectMode: false, highWaterMark: 65_536 }));
}
