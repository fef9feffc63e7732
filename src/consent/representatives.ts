/**
 * What care providers have on record about those who act for a patient: a curator or mentor with
 * the evidence of the court, which says that the patient is incapacitated as well, and blocks for
 * reasons of good care. Versions under the consent epoch, sealed. consent.md 10.2, 10.3.
 */

import { createHmac, randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Keyring } from '../identity/index.ts';
import type { AccessRequest, Representation } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';
import { raiseEpoch } from './newest-epoch.ts';
import {
  blocksOf,
  COURT_AUTHORITY,
  evidenceOf,
  type Incapacity,
  incapacityIn,
  isActive,
  type Kept,
  REPRESENTATIVE_LIMITS,
  type Recorded,
  type RepresentativeDraft,
  requireDraft,
} from './representative.ts';

const OF_VAULT = statement(
  'consent_representatives',
  `select distinct on (id) vault, id, version, epoch, sealed
     from representative where vault = $1 and epoch <= $2
    order by id, version desc`,
);
const OF_SUBJECT = statement(
  'consent_represented_by',
  `select distinct on (r.vault, r.id) r.vault, r.id, r.version, r.epoch, r.sealed
     from representative r join vault v on v.id = r.vault and v.state = 'open'
    where r.subject = $1 order by r.vault, r.id, r.version desc limit $2`,
);
const ADD = statement(
  'consent_add_representative',
  `insert into representative (vault, id, version, epoch, recorded, subject, sealed)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);

interface By {
  readonly agent: LedgerEvent['agent'];
  readonly requestId: string;
}

export interface Representatives {
  /** All of this person, newest first, ended ones too. */
  of(vault: string): Promise<readonly Recorded[]>;
  /** For whom a court lets this one act now. */
  forSubject(subject: string): Promise<readonly Recorded[]>;
  /** @throws Problem `invalid` with the field that does not fit, `conflict` when there are many. */
  record(vault: string, draft: RepresentativeDraft, by: By): Promise<void>;
  /** @throws Problem `not-found` for what another provider has on record. */
  end(vault: string, id: string, holder: string, by: By): Promise<void>;
  /** Whether a court's registration stands under this epoch, and from when to when. */
  incapacity(sql: Sql, vault: string, epoch: number): Promise<Incapacity>;
  /** The evidence of whom a court appointed; undefined where there is none. */
  representation(
    access: AccessRequest,
    vault: string,
    epoch: number,
  ): Promise<Representation | undefined>;
  /** Who blocks this one, under this epoch, and until when. */
  blocks(
    vault: string,
    subject: string,
    epoch: number,
  ): Promise<NonNullable<Representation['blocks']>>;
  /** Whether anybody blocks this one now. */
  isBlocked(vault: string, subject: string): Promise<boolean>;
  /** What protects somebody in a record that goes is made in the one that stays. */
  takeAlong(vault: string, merged: string, agent: LedgerEvent['agent']): Promise<void>;
}

interface Row {
  readonly vault: string;
  readonly id: string;
  readonly version: number;
  readonly epoch: number;
  readonly sealed: Buffer;
}

export interface RepresentativeParts {
  readonly database: Database;
  readonly store: VaultEvidence;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** Hears of whom something changed, after the commit. */
  readonly changed?: (vault: string) => void;
}

/** Those who act for the people here, as care providers have them on record. */
export function createRepresentatives(parts: RepresentativeParts): Representatives {
  const { database, store, clock } = parts;
  const subjectsOf = subjectsWith(parts.keyring);

  async function open(sql: Sql, rows: readonly Row[]): Promise<Recorded[]> {
    const opened: Recorded[] = [];
    for (const { vault, id, version, epoch, sealed } of rows) {
      const seal = await evidenceSeal(store, sql, vault, 'choices');
      const kept = seal.unseal<Kept>(contextOf(id, version, epoch), sealed);
      opened.push({ ...kept, vault, id, version });
    }
    return opened.toSorted((a, b) => (a.recorded < b.recorded ? 1 : -1));
  }
  const at = async (sql: Sql, vault: string, epoch: number) =>
    open(sql, (await sql.query<Row>({ ...OF_VAULT, values: [vault, epoch] })).rows);
  const now = async (vault: string) => at(database, vault, await store.epoch(database, vault));

  return {
    of: now,
    async forSubject(subject) {
      const values = [Buffer.from(subject, 'hex'), REPRESENTATIVE_LIMITS.ofSubjectMax];
      const { rows } = await database.query<Row>({ ...OF_SUBJECT, values });
      const moment = clock().toISOString();
      return (await open(database, rows)).filter((one) => one.court && isActive(one, moment));
    },
    async record(vault, draft, by) {
      requireDraft(draft, clock());
      const recorded = clock().toISOString();
      const own = (await now(vault)).filter((one) => isActive(one, recorded));
      if (own.length >= REPRESENTATIVE_LIMITS.perPersonMax) {
        throw new Problem('conflict', 'There is too much on record; end some first.', {
          code: 'representatives',
        });
      }
      const { bsn, ...rest } = draft;
      const subjects = bsn === undefined ? {} : { subjects: subjectsOf(bsn) };
      const kept: Kept = { ...rest, ...subjects, status: 'active', recorded };
      await write(parts, [{ vault, id: randomUUID(), version: 1, kept }], by);
    },
    async end(vault, id, holder, by) {
      const old = (await now(vault)).find((one) => one.id === id && one.status === 'active');
      if (old?.holder !== holder) {
        throw new Problem('not-found', 'There is nothing like this on record.');
      }
      const { vault: _vault, id: _id, version, ...kept } = old;
      const ended = { ...kept, status: 'ended' as const };
      await write(parts, [{ vault, id, version: version + 1, kept: ended }], by);
    },
    incapacity: async (sql, vault, epoch) => incapacityIn(await at(sql, vault, epoch)),
    representation: async ({ actor }, vault, epoch) =>
      actor.kind === 'representative' && actor.authority.startsWith(COURT_AUTHORITY)
        ? evidenceOf(await at(database, vault, epoch), actor)
        : undefined,
    blocks: async (vault, subject, epoch) => blocksOf(await at(database, vault, epoch), subject),
    isBlocked: async (vault, subject) =>
      blocksOf(await now(vault), subject).some(({ until }) => new Date(until) > clock()),
    async takeAlong(vault, merged, agent) {
      const moment = clock().toISOString();
      const standing = (await now(merged)).filter((one) => isActive(one, moment));
      const copies = standing.map(({ vault: _vault, id: _id, version: _version, ...kept }) => ({
        ...{ vault, id: randomUUID(), version: 1, kept },
      }));
      if (copies.length > 0) await write(parts, copies, { agent, requestId: 'merge' });
    },
  };
}

/** By the own pages and by an app somebody has another name, both from the number. */
function subjectsWith(keyring: Keyring): (bsn: string) => string[] {
  const keys = [keyring.hmac('consent/proxy'), keyring.hmac('medmij/representative')];
  return (bsn) =>
    keys.map((key) => createHmac('sha256', key).update(bsn).digest('hex').slice(0, 32));
}

const contextOf = (id: string, version: number, epoch: number): string =>
  `representative|${id}|${version}|${epoch}`;

interface Version {
  readonly vault: string;
  readonly id: string;
  readonly version: number;
  readonly kept: Kept;
}

async function write(
  parts: RepresentativeParts,
  versions: readonly Version[],
  by: By,
): Promise<void> {
  const pending = await parts.database.transaction(async (tx) => {
    const lines = [];
    for (const one of versions) lines.push(await writeOne(parts, tx, one, by));
    return lines;
  });
  for (const { vault } of versions) parts.changed?.(vault);
  await parts.ledger.numbered(pending);
}

async function writeOne(
  { store, ledger, clock }: RepresentativeParts,
  tx: Tx,
  { vault, id, version, kept }: Version,
  { agent, requestId }: By,
) {
  // Raising the epoch holds the vault's row, and ends what was decided before.
  const epoch = await raiseEpoch(store, tx, vault);
  const seal = await evidenceSeal(store, tx, vault, 'choices');
  const sealed = seal.seal(contextOf(id, version, epoch), kept);
  const subject = kept.subjects?.[0] === undefined ? null : Buffer.from(kept.subjects[0], 'hex');
  await tx.query({ ...ADD, values: [vault, id, version, epoch, clock(), subject, sealed] });
  const { court, block, status, holder } = kept;
  const until = court?.until ?? block?.until;
  return ledger.write(tx, {
    class: 'evidence',
    event: status === 'active' ? 'representative-recorded' : 'representative-ended',
    action: status === 'active' ? 'C' : 'U',
    outcome: 0,
    patient: vault,
    agent,
    requestId,
    epoch,
    holders: [holder],
    detail: {
      kind: court?.rel ?? 'provider-block',
      record: `${id}@${version}`,
      ...(court ? { evidence: court.evidence } : {}),
      ...(block ? { reason: block.reason } : {}),
      ...(until === undefined ? {} : { until }),
    },
  });
}
