/**
 * Care relations of a vault: facts derived from what sources sent (encounters, episodes,
 * appointments, referrals, hand-overs, registrations), kept as versions so that an old decision can
 * be explained. Sealed, because where somebody is treated says what for. They are worked out again
 * in the transaction that writes what shows them, from the version that is then current.
 */
import { randomUUID } from 'node:crypto';
import type { Organisations } from '../identity/index.ts';
import {
  type CareRelation,
  type DerivedRelation,
  RELATION_TYPES,
  relationsIn,
} from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import {
  type PutResult,
  type ResourceWrite,
  type Store,
  type StoredResource,
  throughPages,
} from '../store/index.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';
import { organisationsNamedIn } from './relation-parties.ts';

const LATEST = statement(
  'consent_care_relations',
  `select distinct on (id) id, version, sealed
     from care_relation where vault = $1 and epoch <= $2
    order by id, version desc`,
);
const ADD = statement(
  'consent_add_care_relation',
  `insert into care_relation (vault, id, version, epoch, recorded, sealed)
   values ($1, $2, $3, $4, $5, $6)`,
);

/** What was just written of a vault, with what became of it. */
export interface Touched {
  readonly write: Pick<ResourceWrite, 'type' | 'id' | 'custodian' | 'bytes'>;
  readonly result: Pick<PutResult, 'outcome' | 'created'> | undefined;
}

export interface CareRelations {
  /** Relations as they stood under an epoch, oldest first, those taken back among them. */
  at(sql: Sql, vault: string, epoch: number): Promise<readonly CareRelation[]>;
  /**
   * Works out again what the written resources show; raises the consent epoch when a relation
   * began, changed or ended. To be called in the transaction that wrote them.
   */
  refresh(tx: Tx, vault: string, touched: readonly Touched[]): Promise<void>;
  /** How many of them are not what the record shows: none, unless a row was changed. */
  off(sql: Sql, vault: string): Promise<number>;
  /** The same as `refresh` for the whole record, after two records became one. */
  refreshAll(tx: Tx, vault: string): Promise<void>;
}

interface RelationParts {
  readonly store: VaultEvidence & Pick<Store, 'candidates'>;
  readonly organisations: Pick<Organisations, 'all'>;
  readonly clock: Clock;
}

interface Kept {
  readonly version: number;
  readonly relation: CareRelation;
}

export function createCareRelations(parts: RelationParts): CareRelations {
  const { store } = parts;
  return {
    async at(sql, vault, epoch) {
      return (await read(store, sql, vault, epoch)).map(({ relation }) => relation);
    },
    async refresh(tx, vault, touched) {
      const names = touched.filter(mayShow).map(({ write }) => write);
      if (names.length > 0) await renew(parts, tx, vault, names);
    },
    refreshAll: (tx, vault) => renew(parts, tx, vault),
    async off(sql, vault) {
      return (await changesNow(parts, sql, vault)).length;
    },
  };
}

/** A person's first version without a practice shows none; any later one may end what was there. */
function mayShow({ write, result }: Touched): boolean {
  if (!RELATION_TYPES.has(write.type) || result?.outcome !== 'stored') return false;
  return write.type !== 'Patient' || !result.created || write.bytes.includes('generalPractitioner');
}

async function read(store: VaultEvidence, sql: Sql, vault: string, epoch: number): Promise<Kept[]> {
  const { rows } = await sql.query<{ id: string; version: number; sealed: Buffer }>({
    ...LATEST,
    values: [vault, epoch],
  });
  if (rows.length === 0) return [];
  const seal = await evidenceSeal(store, sql, vault, 'relations');
  return rows
    .map(({ id, version, sealed }) => ({
      version,
      relation: { ...seal.unseal<DerivedRelation>(`relation|${id}|${version}`, sealed), id },
    }))
    .toSorted(
      (a, b) =>
        Date.parse(a.relation.from) - Date.parse(b.relation.from) ||
        (a.relation.id < b.relation.id ? -1 : 1),
    );
}

type Name = Pick<ResourceWrite, 'type' | 'id' | 'custodian'>;

async function renew(
  parts: RelationParts,
  tx: Tx,
  vault: string,
  names?: readonly Name[],
): Promise<void> {
  const { store, clock } = parts;
  const changes = await changesNow(parts, tx, vault, names);
  if (changes.length === 0) return;
  const raised = await store.bumpEpoch(tx, vault);
  const seal = await evidenceSeal(store, tx, vault, 'relations');
  for (const { id, version, relation } of changes) {
    const sealed = seal.seal(`relation|${id}|${version}`, relation);
    await tx.query({ ...ADD, values: [vault, id, version, raised, clock(), sealed] });
  }
}

/** @param names the resources to look at again; absent: all that there are. */
async function changesNow(
  { store, organisations }: RelationParts,
  tx: Sql,
  vault: string,
  names?: readonly Name[],
): Promise<Change[]> {
  const epoch = await store.epoch(tx, vault);
  const rows: StoredResource[] = [];
  const asked = {
    vault,
    epoch,
    types: names ? [...new Set(names.map(({ type }) => type))] : [...RELATION_TYPES],
    ...(names ? { ids: names.map(({ type, id, custodian }) => ({ type, id, custodian })) } : {}),
    deletedToo: true,
  };
  await throughPages(store, tx, asked, (page) => {
    rows.push(...page);
  });
  const organisationOf = await organisationsNamedIn(
    { store, tx, vault, epoch, directory: await organisations.all() },
    rows,
  );
  const known = await read(store, tx, vault, epoch);
  const looked = new Set(rows.map(keyOf));
  const before = known.filter(({ relation }) => !names || looked.has(evidenceKey(relation)));
  return changesOf(
    before,
    rows.flatMap((row) => derivedFrom(row, before, organisationOf)),
  );
}

function derivedFrom(
  row: StoredResource,
  before: readonly Kept[],
  organisationOf: (row: StoredResource, reference: unknown) => string | undefined,
): DerivedRelation[] {
  // What was deleted shows nothing: what it showed is taken back below.
  if (row.deleted) return [];
  const resource = JSON.parse((row.r4 ?? row.bytes).toString('utf8'));
  const recorded = row.updated.toISOString();
  const context = {
    custodian: row.custodian,
    recorded,
    organisationOf: (reference: unknown) => organisationOf(row, reference),
  };
  return relationsIn({ ...resource, id: row.id }, context).map((one) =>
    asFirstTold(one, recorded, before),
  );
}

/** A begin or end that the source does not tell stays at the moment it was first heard of. */
function asFirstTold(
  one: DerivedRelation,
  recorded: string,
  before: readonly Kept[],
): DerivedRelation {
  const old = before.find(({ relation }) => sameRelation(relation, one))?.relation;
  if (!old || old.withdrawn) return one;
  const from = one.from === recorded ? old.from : one.from;
  const until = one.until === recorded && old.until !== undefined ? old.until : one.until;
  return { ...one, from, ...(until === undefined ? {} : { until }) };
}

interface Change {
  readonly id: string;
  readonly version: number;
  readonly relation: DerivedRelation;
}

/** New versions only: what is shown no longer is taken back, what is shown the same stays. */
function changesOf(before: readonly Kept[], derived: readonly DerivedRelation[]): Change[] {
  const changes: Change[] = [];
  const shown = new Set<string>();
  for (const one of derived) {
    const old = before.find(({ relation }) => sameRelation(relation, one));
    if (old) shown.add(old.relation.id);
    const isSame = old && sameFacts(old.relation, one);
    // What never was, was cancelled before anybody heard of it: nothing to keep.
    if (isSame || (!old && one.withdrawn)) continue;
    const id = old?.relation.id ?? randomUUID();
    changes.push({ id, version: (old?.version ?? 0) + 1, relation: one });
  }
  for (const { relation, version } of before) {
    if (shown.has(relation.id) || relation.withdrawn) continue;
    const { id, ...facts } = relation;
    changes.push({ id, version: version + 1, relation: { ...facts, withdrawn: true } });
  }
  return changes;
}

const keyOf = ({ type, id, custodian }: Name): string => `${custodian}|${type}/${id}`;
const evidenceKey = ({ source, evidence }: DerivedRelation): string => `${source}|${evidence}`;

function sameRelation(a: DerivedRelation, b: DerivedRelation): boolean {
  return (
    a.organisation === b.organisation && a.kind === b.kind && evidenceKey(a) === evidenceKey(b)
  );
}

function sameFacts(a: DerivedRelation, b: DerivedRelation): boolean {
  const isSame = a.from === b.from && a.until === b.until && a.withdrawn === b.withdrawn;
  return isSame && JSON.stringify(a.grant) === JSON.stringify(b.grant);
}
