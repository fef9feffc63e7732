/**
 * Decisions of the past, made again from the ledger: the request as its line tells it, the choices
 * and care relations under the epoch of then, the person's age and death as they were known, the
 * policy and organisations under their digest. Equal means the same inputs by their hash, and for
 * everything that was shown the same permit by the same rules. capabilities E2, consent.md 5.4.
 */
import type { Ledger, LedgerEntry } from '../audit/index.ts';
import {
  type AccessRequest,
  type Actor,
  compileGrant,
  type DecisionInputs,
  type Emergency,
  ENGINE,
  type Grant,
  type PatientFacts,
  type Purpose,
  type RegisterAnswer,
  type Representation,
} from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store, StoredResource } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceBook } from './choices.ts';
import type { DecisionContexts } from './decision-contexts.ts';
import { withoutNotified } from './mitz/register.ts';
import { factsOfPatients } from './patient-facts.ts';
import type { Representatives } from './representatives.ts';
import { createVersionShelf, HELD_MS_MAX, NOBODY, type VersionShelf } from './version-shelf.ts';

export interface Replayed {
  readonly seq: number;
  /** When it was decided. */
  readonly at: string;
  readonly event: string;
  /**
   * `equal`; `differs` with what does; `erased`: the record ended; `unknown`: nobody here by the
   * pseudonym of the line; `engine`: made by steps of another version.
   */
  readonly outcome: 'equal' | 'differs' | 'erased' | 'unknown' | 'engine';
  readonly differs?: readonly string[];
  readonly basis: readonly string[];
  readonly epoch: number;
}

export interface ReplayParts {
  readonly sql: Sql;
  readonly store: Pick<Store, 'candidates' | 'epoch' | 'vaultIds'>;
  readonly ledger: Pick<Ledger, 'pseudonymOf'>;
  readonly choices: Pick<ChoiceBook, 'rulesAt'>;
  readonly relations: Pick<CareRelations, 'at'>;
  readonly contexts: Pick<DecisionContexts, 'find'>;
  readonly representation: (
    access: AccessRequest,
    vault: string,
    epoch: number,
  ) => Promise<Representation | undefined>;
  /** What a provider had on record of a court's appointment. */
  readonly incapacity: Representatives['incapacity'];
  /** What the register answered then, by the name in the line. */
  readonly answers: (vault: string, id: string) => Promise<readonly RegisterAnswer[] | undefined>;
}

const PAGE = 1_000;

/** @returns a function for one line; undefined for a line that rests on no decision. */
export function createReplay(
  parts: ReplayParts,
): (entry: LedgerEntry) => Promise<Replayed | undefined> {
  const vaultOf = createVaultFinder(parts);
  const versions = createVersionShelf(parts);
  return async (entry) => {
    const { record, seq } = entry;
    const { decidedAt, context } = record.detail ?? {};
    const { inputsHash, epoch, patient } = record;
    if (!inputsHash || !decidedAt || !context || epoch === undefined) return undefined;
    const told = { seq, at: decidedAt, event: record.event, basis: record.basis ?? [], epoch };
    const vault = patient === undefined ? undefined : await vaultOf(patient);
    if (patient !== undefined && vault === undefined) return { ...told, outcome: 'unknown' };
    try {
      return {
        ...told,
        ...(await again({ ...parts, versions }, entry, vault, decidedAt, context)),
      };
    } catch (error) {
      // Its key is gone: what the decision rested on cannot be opened any more.
      if (Problem.from(error).kind === 'not-found') return { ...told, outcome: 'erased' };
      throw error;
    }
  };
}

type Outcome = Pick<Replayed, 'outcome' | 'differs'>;

async function again(
  parts: ReplayParts & { readonly versions: VersionShelf },
  { record }: LedgerEntry,
  vault: string | undefined,
  decidedAt: string,
  digest: string,
): Promise<Outcome> {
  const context = await parts.contexts.find(digest);
  if (!context) return { outcome: 'differs', differs: ['context'] };
  if (context.engine !== ENGINE) return { outcome: 'engine' };
  const { epoch = 0 } = record;
  const id = vault ?? NOBODY;
  const versions = await parts.versions(id, record.what ?? []);
  if (versions === undefined) return { outcome: 'erased' };
  const [allRules, relations, incapacity] = await Promise.all([
    parts.choices.rulesAt(parts.sql, id, epoch),
    parts.relations.at(parts.sql, id, epoch),
    parts.incapacity(parts.sql, id, epoch),
  ]);
  const asked = record.detail?.['register'];
  const register = asked === undefined ? undefined : await parts.answers(id, asked);
  if (asked !== undefined && !register) return { outcome: 'differs', differs: ['register'] };
  const at = new Date(decidedAt);
  const request = requestIn(record, context.holders);
  const representation = await parts.representation(request, id, epoch);
  const grant = compileGrant({
    request,
    at,
    ...(representation ? { representation } : {}),
    epoch,
    patient: { ...patientAt(versions, at), ...incapacity },
    rules: register ? withoutNotified(allRules, register) : allRules,
    holders: context.holders,
    policy: context.policy,
    ...(relations.length > 0 ? { relations } : {}),
    ...(register ? { register } : {}),
  });
  const differs = [
    ...(grant.inputsHash === record.inputsHash ? [] : ['inputs']),
    ...shownDifferently(grant, record, versions),
  ];
  return differs.length === 0 ? { outcome: 'equal' } : { outcome: 'differs', differs };
}

type Told = LedgerEntry['record'];

/** Every resource that was shown is decided again in the version that was shown. */
function shownDifferently(
  grant: Grant,
  { what = [], basis = [], route }: Told,
  versions: readonly StoredResource[],
): string[] {
  const rules = new Set<string>();
  const wrong: string[] = [];
  for (const name of what) {
    const row = versions.find((one) => `${one.type}/${one.id}@${one.version}` === name);
    const verdict = row && grant.covers(row.facts);
    if (!verdict?.permit) wrong.push(name);
    for (const one of verdict?.basis ?? []) rules.add(one);
    if (verdict && what.length === 1 && verdict.route !== route) wrong.push('route');
  }
  const told = [...rules].toSorted().slice(0, BASIS_MAX);
  const isSame = what.length === 0 || JSON.stringify(told) === JSON.stringify(basis);
  return isSame ? wrong : [...wrong, 'basis'];
}

/** As many as a line keeps. */
const BASIS_MAX = 20;

/** The person as the current versions of that moment told. */
function patientAt(versions: readonly StoredResource[], at: Date): PatientFacts {
  const then = new Map<string, StoredResource>();
  for (const row of versions) {
    if (row.type !== 'Patient' || row.updated > at) continue;
    const name = `${row.custodian}|${row.id}`;
    const known = then.get(name);
    if (!known || row.version > known.version) then.set(name, row);
  }
  const current = [...then.values()].filter(({ deleted }) => !deleted);
  return factsOfPatients(current.map((row) => JSON.parse((row.r4 ?? row.bytes).toString('utf8'))));
}

/** The request as its line tells it; what only names it (id, address, token) never counts. */
function requestIn(record: Told, holders: DecisionInputs['holders']): AccessRequest {
  const { detail = {} } = record;
  const { region, task, search, aanbieder, gegevensdienst, declaredRelation } = detail;
  const emergency = emergencyIn(detail);
  const optional = { region, task, search, aanbieder, gegevensdienst, declaredRelation };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    id: 'replay',
    correlationId: 'replay',
    door: (record.door ?? 'fhir') as AccessRequest['door'],
    client: record.client ?? '',
    address: '',
    tokenId: 'replay',
    actor: actorIn(record, holders),
    purpose: (record.purpose ?? 'TREAT') as Purpose,
    ...Object.fromEntries(given),
    ...(detail['quietLifted'] === undefined ? {} : { quietLifted: true }),
    ...(emergency ? { emergency } : {}),
  };
}

function emergencyIn(detail: Readonly<Record<string, string>>): Emergency | undefined {
  const { level, reasonCode = '', reason = '', patientIncapable } = detail;
  if (level !== 'urgent' && level !== 'vital') return undefined;
  return { level, reasonCode, reason, patientIncapable: patientIncapable === 'true' };
}

function actorIn({ agent, client, detail }: Told, holders: DecisionInputs['holders']): Actor {
  if (agent.kind === 'person') return { kind: 'person' };
  if (agent.kind === 'representative') {
    const authority = detail?.['authority'] ?? '';
    return { kind: 'representative', subject: agent.id, authority };
  }
  const organisation = holders.get(agent.organisation ?? '');
  if (!organisation) throw new Problem('fault', 'The line names an organisation not of its time.');
  if (agent.kind === 'system') return { kind: 'sender', organisation };
  const department = detail?.['department'];
  return {
    kind: 'professional',
    organisation,
    // A system that asks by itself stands in the line under the name of its client.
    ...(agent.id === client ? {} : { person: agent.id }),
    ...(agent.role === undefined ? {} : { role: agent.role }),
    ...(department === undefined ? {} : { department }),
  };
}

/** The ledger knows people by pseudonyms only; somebody new is looked for again after a while. */
function createVaultFinder(parts: ReplayParts): (pseudonym: string) => Promise<string | undefined> {
  let known: ReadonlyMap<string, string> = new Map();
  let until = 0;
  return async (pseudonym) => {
    const now = performance.now();
    if (!known.has(pseudonym) && now >= until) {
      known = await vaultsByPseudonym(parts);
      until = performance.now() + HELD_MS_MAX;
    }
    return known.get(pseudonym);
  };
}

async function vaultsByPseudonym({ store, sql, ledger }: ReplayParts) {
  const vaults = new Map<string, string>();
  let after: string | undefined;
  for (;;) {
    const ids = await store.vaultIds(sql, after, PAGE);
    for (const id of ids) vaults.set(ledger.pseudonymOf(id), id);
    after = ids.at(-1);
    if (ids.length < PAGE) return vaults;
  }
}
