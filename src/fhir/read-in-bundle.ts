/**
 * A question that stands in a batch or transaction: read, search, history, or an operation that
 * changes nothing. Each is decided, written down and limited as if it came by itself.
 */
import type { Bundle, BundleEntry, Resource } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, Described, FhirDoor } from './asking.ts';
import type { ReadAsked } from './bundle-entry.ts';
import { capabilities } from './capabilities.ts';
import { isKnown } from './conditional-read.ts';
import { requireType } from './doorway.ts';
import { everythingPage } from './everything.ts';
import { face } from './face.ts';
import { historyOfOne } from './history-instance.ts';
import { historyOfMany } from './history-type.ts';
import { actorOf, unknownOperation } from './interactions.ts';
import { FHIR_LIMITS } from './limits.ts';
import { metaOf } from './meta.ts';
import { withParameters } from './operation-parameters.ts';
import { etagOf, type ReadKey, read } from './read.ts';
import { reducedTo } from './read-routes.ts';
import { compartmentSearch } from './search-compartment.ts';
import { atBase } from './search-system.ts';
import { type SearchAsked, searchBundle } from './search-type.ts';
import { validation } from './validate.ts';

/** What all questions of one bundle share. */
export interface BundleTurn {
  readonly door: FhirDoor;
  readonly asking: Asking;
  readonly strict: boolean;
  describe(): Promise<Described>;
  /** Resources that were given so far: they are kept until the last is there. */
  given: number;
}

/** The entry of the answer. @throws Problem as the interaction by itself does. */
export async function readInBundle(turn: BundleTurn, asked: ReadAsked): Promise<BundleEntry> {
  const { resource, ...head } = await answered(turn, asked);
  return asked.headOnly || resource === undefined ? head : { resource, ...head };
}

async function answered(turn: BundleTurn, asked: ReadAsked): Promise<BundleEntry> {
  const { door, asking } = turn;
  if (turn.given >= FHIR_LIMITS.bundleAnswersMax) {
    throw new Problem('too-costly', 'The answer grows too large: ask the rest by itself.');
  }
  const key = asked.sent ? undefined : keyOf(asked.url);
  if (!key) {
    let bytes = 0;
    const gave = (size: number) => {
      bytes += size;
    };
    const resource = await answerTo({ ...turn, asking: { ...asking, gave } }, asked);
    turn.given += Math.max(weightOf(resource), Math.ceil(bytes / BYTES_OF_ONE));
    return { resource, response: { status: '200 OK' } };
  }
  requireType(asking, key.type, asking.readTypes);
  requireHere(asking, key.type, true);
  const released = await read(door, asking, key);
  const response = { etag: etagOf(released), lastModified: released.updated.toISOString() };
  if (isKnown({ tags: asked.tag, since: asked.since }, released)) {
    return { response: { status: '304 Not Modified', ...response } };
  }
  turn.given += Math.max(1, Math.ceil(released.size / BYTES_OF_ONE));
  const resource = reducedTo(asking, asked.url.searchParams, face(released, asking));
  return { resource, response: { status: '200 OK', ...response } };
}

/** In resources: what a conformance statement takes is that of many. */
function weightOf(resource: Resource): number {
  const { entry, issue, rest } = resource as Partial<Record<string, unknown[]>>;
  if (rest) return STATEMENT_WEIGHT;
  return Math.max(1, entry?.length ?? 0, issue?.length ?? 0);
}

const STATEMENT_WEIGHT = 1_000;
/** A document counts as what else would have been given in its place. */
const BYTES_OF_ONE = 8_192;

async function answerTo(turn: BundleTurn, { url, sent }: ReadAsked): Promise<Resource> {
  const { door, asking } = turn;
  const [type = '', ...more] = partsOf(url);
  const isParameters = sent !== undefined && more.at(-1) !== '$validate';
  const query = isParameters ? withParameters(url.searchParams, sent) : url.searchParams;
  const params = [...query];
  asking.checkParams?.(params);
  if (type === 'metadata' && more.length === 0) {
    return capabilities(await turn.describe(), actorOf(asking.access), true);
  }
  if (type === '') return searched(turn, atBase(asking, params));
  if (type === '_history' && more.length === 0) return historyOfMany(door, asking, { query });
  if (type.startsWith('$')) throw unknownOperation();
  requireHere(asking, type);
  const [id = '', kind] = more;
  if (more.length === 0) return searched(turn, { type, params });
  if (id === '_history' && kind === undefined) return historyOfMany(door, asking, { type, query });
  if (kind === '_history' && more.length === 2)
    return historyOfOne(door, asking, { type, id, query });
  const name = more.at(-1) ?? '';
  if (name.startsWith('$')) return operated(turn, { type, more, query, ...(sent ? { sent } : {}) });
  if (more.length === 2)
    return searched(turn, compartmentSearch(asking, { type, id, kind: name }, params));
  throw new Problem('not-found', 'There is nothing at this address.');
}

interface OperationAsked {
  readonly type: string;
  /** What follows the type. */
  readonly more: readonly string[];
  readonly query: URLSearchParams;
  readonly sent?: Resource;
}

function operated(
  turn: BundleTurn,
  { type, more, query, sent }: OperationAsked,
): Promise<Resource> {
  const { door, asking } = turn;
  const [name, id] = more.length === 1 ? [more[0]] : [more.at(-1), more[0]];
  const isOfVersion = more.length === 4 && more[1] === '_history';
  if (more.length > 2 && !(isOfVersion && name === '$meta')) throw unknownOperation();
  switch (name) {
    case '$lastn':
      if (type !== 'Observation' || id !== undefined) throw unknownOperation();
      return searched(turn, { type, params: [...query], lastn: true });
    case '$everything':
      return everythingPage(door, asking, { type, id, query });
    case '$meta': {
      if (id === undefined || sent) throw unknownOperation();
      const key: ReadKey = { type, id, ...(isOfVersion ? { vid: more[2] ?? '' } : {}) };
      return metaOf(door, asking, key);
    }
    case '$validate':
      if (id === undefined && !sent) throw unknownOperation();
      return validation(door, asking, { type, id, query, ...(sent ? { sent: () => sent } : {}) });
    case '$export':
      throw notHere();
    default:
      throw unknownOperation();
  }
}

function searched(
  { door, asking, strict }: BundleTurn,
  asked: Pick<SearchAsked, 'type' | 'params' | 'over'> & { lastn?: boolean },
): Promise<Bundle> {
  return searchBundle(door, asking, { lastn: false, ...asked, strict });
}

/** The ledger and the groups of a client lie beside the records, behind routes of their own. */
function requireHere({ version }: Asking, type: string, isRead = false): void {
  const isBeside = type === 'AuditEvent' ? version.name === 'R4' : isRead && type === 'Group';
  if (isBeside) throw notHere();
}

function notHere(): Problem {
  return new Problem('not-supported', 'This is not done in a bundle: ask it by itself.', {
    code: 'operation-in-bundle',
  });
}

/** @throws Problem `not-found` for an address that cannot be read. */
function partsOf(url: URL): string[] {
  try {
    return decodeURIComponent(url.pathname)
      .split('/')
      .filter((part) => part !== '');
  } catch {
    throw new Problem('not-found', 'There is nothing at this address.');
  }
}

/** `Type/id` or `Type/id/_history/version`; undefined for anything else. */
export function keyOf(url: URL): { type: string; id: string; vid?: string } | undefined {
  const match = /^\/([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/(\d{1,9}))?\/?$/.exec(
    url.pathname,
  );
  if (!match) return undefined;
  const [, type = '', id = '', vid] = match;
  return { type, id, ...(vid === undefined ? {} : { vid }) };
}
