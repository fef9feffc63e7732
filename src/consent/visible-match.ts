/**
 * Which resources a conditional write means. Only what the sender holds itself and may see takes
 * part, so neither a match nor a 412 tells of another's (consent.md 7.2). It is asked inside the
 * transaction that writes.
 */
import { type FhirVersion, parseSearch, patientAnchors } from '../conformance/index.ts';
import { type AccessRequest, compileGrant, standardPolicy } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { holdsSome, type Store } from '../store/index.ts';
import { NOBODY } from './decided.ts';
import { searchVault } from './release-search.ts';

export interface MatchQuestion {
  readonly version: FhirVersion;
  /** Type in that version. */
  readonly type: string;
  readonly params: readonly (readonly [string, string])[];
  readonly bases: readonly string[];
  /** The record to look in; absent: the one that the question itself names. */
  readonly vault?: string;
  /** Nothing else says whose it is: a question that names nobody is refused, not found empty. */
  readonly mustName?: boolean;
}

export interface VisibleMatches {
  /** Undefined when the question names nobody that is known. */
  readonly vault: string | undefined;
  /** At most `MATCHES_MAX`: more than one is already too many. */
  readonly rows: readonly {
    readonly type: string;
    readonly id: string;
    readonly version: number;
  }[];
}

export type VisibleMatch = (
  tx: Tx,
  access: AccessRequest,
  question: MatchQuestion,
) => Promise<VisibleMatches>;

const MATCHES_MAX = 2;
const TRIES_MAX = 4;

/** @returns a function that throws the Problems of a search; an unknown parameter is one. */
export function createVisibleMatch(parts: { store: Store; clock: Clock }): VisibleMatch {
  const policy = standardPolicy();
  return async (tx, access, question) => {
    const { version, type, params, bases } = question;
    const asked = parseSearch(version, type, params as [string, string][], {
      strict: true,
      bases,
      now: parts.clock(),
    });
    if (asked.conditions.length === 0) throw withoutCriteria();
    // How an answer would be shown says nothing of what is meant: a count must not hide a match.
    const query = { ...asked, summary: 'false' as const };
    if (question.mustName) requireOnePerson(query);
    const vault = question.vault ?? (await namedVault(parts.store, tx, access, query));
    if (vault === undefined) return { vault, rows: [] };
    for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
      const epoch = await parts.store.epoch(tx, vault);
      // A sender sees what is its own, whatever the person chose: no rules are read.
      const grant = compileGrant({
        request: access,
        at: parts.clock(),
        epoch,
        patient: {},
        rules: [],
        holders: new Map(),
        policy,
      });
      const found = await searchVault(parts.store, tx, vault, grant, query, { size: MATCHES_MAX });
      if (found === 'moved') continue;
      const rows = found.matches.map(({ row }) => ({
        type: row.type,
        id: row.id,
        version: row.version,
      }));
      return { vault, rows };
    }
    return { vault, rows: [] };
  };
}

/**
 * Else it would be told that there is nothing, and who takes something back would leave it there.
 * @throws Problem `invalid` code `patient-required`, as a search that names nobody
 */
function requireOnePerson(query: Parameters<typeof patientAnchors>[0]): void {
  const { references = [], identifiers = [] } = patientAnchors(query) ?? {};
  if (references.length + identifiers.length === 1) return;
  throw new Problem('invalid', 'This condition needs exactly one patient.', {
    code: 'patient-required',
    expression: [query.type === 'Patient' ? 'identifier' : 'patient'],
  });
}

/** `_count=1` and `_sort=date` mean no resource in particular. */
function withoutCriteria(): Problem {
  return new Problem('invalid', 'The condition names no search parameter.', { code: 'condition' });
}

async function namedVault(
  store: Store,
  tx: Tx,
  access: AccessRequest,
  query: Parameters<typeof patientAnchors>[0],
): Promise<string | undefined> {
  const anchors = patientAnchors(query);
  const [identifier] = anchors?.identifiers ?? [];
  const [reference] = anchors?.references ?? [];
  const { actor } = access;
  const custodian = actor.kind === 'sender' ? actor.organisation.id : undefined;
  if (identifier) {
    const known = await store.findVault(tx, identifier);
    if (custodian === undefined) return known;
    // Whom only others know is nobody here: what names no person would else be laid in that record,
    // and so tell that there is one. For whom nobody knows the same is asked: it takes time.
    if (await holdsSome(store, tx, known ?? NOBODY, custodian)) return known;
    // A number of the sender's own.
    return store.findVault(tx, { ...identifier, system: `${custodian}|${identifier.system}` });
  }
  if (reference === undefined) return undefined;
  const id = reference.slice('Patient/'.length);
  const where = { type: 'Patient', id, ...(custodian === undefined ? {} : { custodian }) };
  return (await store.place(tx, where))?.vault;
}
