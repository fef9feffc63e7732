/**
 * Care relations of a vault: facts derived from encounters, referrals and appointments, kept as
 * versions so that an old decision can be explained. Sealed, because where somebody is treated says
 * what for. They are evidence for pages, review and detectors; they never permit anything.
 */
import { randomUUID } from 'node:crypto';
import type { CareRelation } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Sql, statement, type Tx } from '../platform/database.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';

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

type Known = Omit<CareRelation, 'id'>;

export interface CareRelations {
  /** Relations as they stood under an epoch, oldest first. */
  at(sql: Sql, vault: string, epoch: number): Promise<readonly CareRelation[]>;
  /**
   * Writes one down, or a new version of the one with the same organisation, kind and evidence (its
   * end, for instance). Raises the consent epoch. @returns its id.
   */
  put(tx: Tx, vault: string, relation: Known): Promise<string>;
}

export function createCareRelations(store: VaultEvidence, clock: Clock): CareRelations {
  async function read(sql: Sql, vault: string, epoch: number) {
    const { rows } = await sql.query<{ id: string; version: number; sealed: Buffer }>({
      ...LATEST,
      values: [vault, epoch],
    });
    if (rows.length === 0) return [];
    const seal = await evidenceSeal(store, sql, vault, 'relations');
    const opened = rows.map(({ id, version, sealed }) => ({
      version,
      relation: { ...seal.unseal<Known>(`relation|${id}|${version}`, sealed), id },
    }));
    return opened.toSorted((a, b) => Date.parse(a.relation.from) - Date.parse(b.relation.from));
  }

  return {
    async at(sql, vault, epoch) {
      return (await read(sql, vault, epoch)).map(({ relation }) => relation);
    },
    async put(tx, vault, relation) {
      const epoch = await store.bumpEpoch(tx, vault);
      const same = (await read(tx, vault, epoch)).find(
        ({ relation: other }) =>
          other.organisation === relation.organisation &&
          other.kind === relation.kind &&
          other.evidence === relation.evidence,
      );
      const id = same?.relation.id ?? randomUUID();
      const version = (same?.version ?? 0) + 1;
      const seal = await evidenceSeal(store, tx, vault, 'relations');
      const sealed = seal.seal(`relation|${id}|${version}`, relation);
      await tx.query({ ...ADD, values: [vault, id, version, epoch, clock(), sealed] });
      return id;
    },
  };
}
