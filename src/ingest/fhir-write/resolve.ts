/**
 * From what was asked to what will be written: conditions become ids, and references to other
 * entries or to a condition become references to what they mean.
 * https://hl7.org/fhir/R4/http.html#trules
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import type { Resource } from '../../conformance/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import type { Tx } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import { storedId } from '../../platform/stored-id.ts';
import type { Store } from '../../store/index.ts';
import { patientsOf } from '../own-record.ts';
import { rewriteReferences } from '../resource-form.ts';
import { linkedPatch } from './linked-patch.ts';
import type { Requested, Writer } from './requested.ts';

/** What `consent` hands over: only the sender's own takes part. */
export type VisibleMatch = (
  tx: Tx,
  access: AccessRequest,
  question: {
    version: Writer['version'];
    type: string;
    params: readonly (readonly [string, string])[];
    bases: readonly string[];
    vault?: string;
    mustName?: boolean;
  },
) => Promise<{
  vault: string | undefined;
  rows: readonly { type: string; id: string; version: number }[];
}>;

export interface Resolved {
  readonly requested: Requested;
  readonly vault: string;
  readonly id: string;
  /** A conditional create found this one: nothing is written. */
  readonly exists?: number;
  /** A delete that means nothing: there is no record that it is about. */
  readonly absent?: true;
}

export interface ResolveParts {
  readonly store: Store;
  readonly tx: Tx;
  readonly writer: Writer;
  readonly idKey: KeyObject;
  readonly visible: VisibleMatch;
  /** Keeps two conditional writes on one record from both finding nothing. */
  lockVault(vault: string): Promise<void>;
}

/**
 * A delete of what does not exist is done already (https://hl7.org/fhir/R4/http.html#delete).
 * @throws Problem `precondition` for several matches, `not-found`, `unprocessable`.
 */
export async function resolved(
  parts: ResolveParts,
  requested: readonly Requested[],
  vaults: readonly (string | undefined)[],
): Promise<Resolved[]> {
  const made: Resolved[] = [];
  for (const [at, one] of requested.entries()) {
    if (one.condition !== undefined) {
      made.push(await matched(parts, one, one.condition, vaults[at]));
    } else if (one.method === 'DELETE' && vaults[at] === undefined) {
      made.push({ requested: one, vault: '', id: one.id ?? '', absent: true });
    } else {
      made.push({ requested: one, ...(await plain(parts, one, vaults[at])) });
    }
  }
  const targets = targetsOf(made);
  if (targets.size === 0) return made;
  return made.map((one) => {
    const { patch } = one.requested;
    if (!patch) return one;
    return { ...one, requested: { ...one.requested, patch: linkedPatch(patch, targets) } };
  });
}

/** What stands at an entry's own address, by that address. */
function targetsOf(all: readonly Resolved[]): Map<string, string> {
  const targets = new Map<string, string>();
  for (const { requested, id, absent } of all) {
    if (requested.fullUrl !== undefined && !absent)
      targets.set(requested.fullUrl, `${requested.type}/${id}`);
  }
  return targets;
}

async function plain(
  parts: ResolveParts,
  one: Requested,
  vault: string | undefined,
): Promise<{ vault: string; id: string }> {
  if (vault === undefined)
    throw one.method === 'POST' || one.method === 'PUT' ? noPerson(one) : absent(one);
  return { vault, id: one.id ?? (await newId(parts, one, vault)) };
}

/** A person has one Patient for each custodian. */
async function newId(
  { store, tx, writer, idKey }: ResolveParts,
  { type }: Requested,
  vault: string,
): Promise<string> {
  if (type !== 'Patient') return randomUUID();
  const custodian = writer.sender.organisation.id;
  const own = storedId(idKey, custodian, 'Patient', `person|${vault}`);
  const known = await patientsOf({ store, tx, vault, custodian });
  return known.includes(own) ? own : (known[0] ?? own);
}

async function matched(
  parts: ResolveParts,
  one: Requested,
  params: readonly (readonly [string, string])[],
  known: string | undefined,
): Promise<Resolved> {
  const { tx, writer, visible } = parts;
  if (known !== undefined) await parts.lockVault(known);
  const question = {
    version: writer.version,
    type: one.type,
    params,
    bases: writer.bases,
    ...(known === undefined ? {} : { vault: known }),
    mustName: known === undefined && one.resource === undefined,
  };
  const { vault, rows } = await visible(tx, writer.access, question);
  const [match, ...more] = rows;
  if (more.length > 0) throw several(one);
  if (match && vault !== undefined) {
    const { id } = match;
    if (one.method === 'POST') return { requested: one, vault, id, exists: match.version };
    if (one.resource?.id !== undefined && one.resource.id !== id && one.method === 'PUT') {
      throw new Problem('invalid', 'The resource that matches has another id.', {
        code: 'id-mismatch',
        expression: [pathOf(one, 'id')],
      });
    }
    return { requested: one, vault, id };
  }
  // R4 does an ordinary delete where nothing matches; STU3 answers 404.
  if (one.method === 'DELETE' && writer.version.name === 'R4') {
    return { requested: one, vault: '', id: '', absent: true };
  }
  if (one.method === 'DELETE' || one.method === 'PATCH') throw absent(one);
  const given = one.method === 'PUT' ? one.resource?.id : undefined;
  // An id of the client's own must be free: what does not fit the condition is not replaced.
  const fresh = given === undefined ? one : { ...one, id: given, onlyIfNone: true };
  return { requested: fresh, ...(await plain(parts, fresh, known ?? vault)) };
}

/** Literal references of the bodies to what they mean. */
export async function withReferences(
  parts: ResolveParts,
  all: readonly Resolved[],
): Promise<(Resource | undefined)[]> {
  const targets = targetsOf(all);
  const bodies: (Resource | undefined)[] = [];
  for (const { requested, vault } of all) {
    const { resource } = requested;
    if (!resource) {
      bodies.push(undefined);
      continue;
    }
    const conditional = conditionalIn(resource);
    for (const reference of conditional) {
      const key = `${vault} ${reference}`;
      if (!targets.has(key)) targets.set(key, await meant(parts, requested, reference, vault));
    }
    // A copy for each entry would take the square of their number.
    const own = conditional.size === 0 ? targets : new Map(targets);
    for (const reference of conditional) {
      own.set(reference, targets.get(`${vault} ${reference}`) ?? reference);
    }
    bodies.push(rewriteReferences(resource, own) as Resource);
  }
  return bodies;
}

const CONDITIONAL = /^([A-Z][A-Za-z]+)\?(.+)$/;

/** Conditional references in a body. */
export function conditionalIn(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(value)) for (const one of value) conditionalIn(one, found);
  else if (typeof value === 'object' && value !== null) {
    const { reference } = value as { reference?: unknown };
    if (typeof reference === 'string' && CONDITIONAL.test(reference)) found.add(reference);
    for (const one of Object.values(value)) if (typeof one === 'object') conditionalIn(one, found);
  }
  return found;
}

async function meant(
  { tx, writer, visible }: ResolveParts,
  one: Requested,
  reference: string,
  vault: string,
): Promise<string> {
  const [, type = '', query = ''] = CONDITIONAL.exec(reference) ?? [];
  const { version, bases } = writer;
  const params = [...new URLSearchParams(query)];
  const { rows } = await visible(tx, writer.access, { version, type, params, bases, vault });
  const [match, ...more] = rows;
  if (match && more.length === 0) return `${type}/${match.id}`;
  throw new Problem('precondition', 'A conditional reference must mean exactly one resource.', {
    code: more.length > 0 ? 'multiple-matches' : 'no-match',
    expression: [pathOf(one)],
  });
}

/** Where a member of the body stands. */
export function pathOf(one: Requested, member?: string): string {
  const body = one.place === '' ? one.type : `${one.place}.resource`;
  return member === undefined ? body : `${body}.${member}`;
}

function several(one: Requested): Problem {
  return new Problem('precondition', 'The condition means more than one resource.', {
    code: 'multiple-matches',
    expression: one.place === '' ? [] : [`${one.place}.request`],
  });
}

/** The same for what never was, what another custodian has, and what is nobody's. */
export function absent(one: Requested): Problem {
  return new Problem('not-found', `There is no such ${one.type}.`, {
    expression: one.place === '' ? [] : [`${one.place}.request.url`],
  });
}

function noPerson(one: Requested): Problem {
  const isBytes = one.type === 'Binary';
  const how = isBytes ? ' in securityContext, or in X-Security-Context where it is sent raw' : '';
  return new Problem('unprocessable', `It cannot be told whose this is: name the patient${how}.`, {
    code: 'no-person',
    expression: [isBytes ? pathOf(one, 'securityContext') : pathOf(one)],
  });
}
