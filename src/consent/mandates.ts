/**
 * Mandates: the person lets somebody else look, limited in what and until when, and ends it at any
 * moment. Versions under the consent epoch, sealed; the one who may look is found by a keyed hash
 * of the own number only. consent.md 10.2, capabilities D8.
 */

import { createHmac, randomUUID } from 'node:crypto';
import type { Ledger, LedgerEvent } from '../audit/index.ts';
import type { Keyring } from '../identity/index.ts';
import type { AccessRequest, DataMatch, Representation } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import { type Database, type Sql, statement, type Tx } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { evidenceSeal, type VaultEvidence } from './evidence.ts';
import { raiseEpoch } from './newest-epoch.ts';

const OF_VAULT = statement(
  'consent_mandates',
  `select distinct on (id) vault, id, version, epoch, proxy, sealed
     from mandate where vault = $1 and epoch <= $2
    order by id, version desc`,
);
const OF_PROXY = statement(
  'consent_mandates_of_proxy',
  `select distinct on (m.vault, m.id) m.vault, m.id, m.version, m.epoch, m.proxy, m.sealed
     from mandate m join vault v on v.id = m.vault and v.state = 'open'
    where m.proxy = $1 order by m.vault, m.id, m.version desc limit $2`,
);
const ADD = statement(
  'consent_add_mandate',
  `insert into mandate (vault, id, version, epoch, recorded, proxy, sealed)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);

const MANDATE_LIMITS = {
  perPersonMax: 20,
  nameCharactersMax: 80,
  proxyMandatesMax: 50,
  daysMax: 1_830,
} as const satisfies Record<string, number>;

interface Kept {
  readonly status: 'active' | 'ended';
  /** Absent: `read`. Who manages decides with whom the data are shared (consent.md 10.2). */
  readonly scope?: 'read' | 'manage-consent' | 'all';
  /** A child of 12 to 15 agrees that this parent looks and decides along: no mandate by itself. */
  readonly rel?: 'parent';
  /** What may be seen: any of these; absent is all. Of a child: topics that it opens besides. */
  readonly kinds?: readonly DataMatch[];
  /** Who may look, as the person calls them, and the person as they know them. */
  readonly name: string;
  readonly principal: string;
  readonly given: string;
  /** Exclusive. */
  readonly until: string;
}

/** Who may look is sealed with it: the row tells it only to be found by. */
interface Sealed extends Kept {
  readonly proxy?: string;
}

export interface Mandate extends Kept {
  readonly vault: string;
  readonly id: string;
  readonly version: number;
  /** Keyed hash of the number of who may look, hex. */
  readonly proxy: string;
}

export interface MandateDraft
  extends Pick<Kept, 'kinds' | 'name' | 'principal' | 'until' | 'scope' | 'rel'> {
  readonly proxyBsn: string;
}

interface By {
  readonly agent: LedgerEvent['agent'];
  readonly requestId: string;
}

export interface Mandates {
  of(vault: string): Promise<readonly Mandate[]>;
  /** Those in force now, of everybody who let this one look. */
  forProxy(proxy: string): Promise<readonly Mandate[]>;
  /** @throws Problem `invalid` with the field that does not fit, `conflict` when there are many. */
  give(vault: string, draft: MandateDraft, by: By): Promise<void>;
  /** @throws Problem `not-found`. */
  end(vault: string, id: string, by: By): Promise<void>;
  /** The name of somebody who looks, for a session: never the number. */
  proxyOf(bsn: string): string;
  /** The evidence for a request on somebody's behalf; undefined where there is none. */
  representation(
    access: AccessRequest,
    vault: string,
    epoch: number,
  ): Promise<Representation | undefined>;
  /** Whether the child agrees now. */
  agreed(vault: string, parent: string): Promise<boolean>;
  /** What the child agreed to, under this epoch, with the parent of this name. */
  agreement(vault: string, parent: string, epoch: number): Promise<Agreement>;
}

type Agreement = Pick<Representation, 'childAgrees' | 'opened'>;

interface Row {
  readonly vault: string;
  readonly id: string;
  readonly version: number;
  readonly epoch: number;
  readonly proxy: Buffer;
  readonly sealed: Buffer;
}

export interface MandateParts {
  readonly database: Database;
  readonly store: VaultEvidence;
  readonly ledger: Pick<Ledger, 'write' | 'numbered'>;
  readonly keyring: Keyring;
  readonly clock: Clock;
  /** Hears whose mandates changed, after the commit. */
  readonly changed?: (vault: string) => void;
}

/** Authority of a request that rests on a mandate of ours: this, and the id of the mandate. */
export const MANDATE_AUTHORITY = 'mandate:';
const DAY_MS = 86_400_000;

/** The mandates of all people here. */
export function createMandates(parts: MandateParts): Mandates {
  const { database, store, clock } = parts;
  const key = parts.keyring.hmac('consent/proxy');
  const proxyOf = (bsn: string) => createHmac('sha256', key).update(bsn).digest('hex').slice(0, 32);

  async function open(sql: Sql, rows: readonly Row[]): Promise<Mandate[]> {
    const opened: Mandate[] = [];
    for (const { vault, id, version, epoch, proxy, sealed } of rows) {
      const seal = await evidenceSeal(store, sql, vault, 'choices');
      const kept = seal.unseal<Sealed>(contextOf(id, version, epoch), sealed);
      const found = proxy.toString('hex');
      // Put with somebody else past the gateway. Versions of before say nothing of it.
      if ((kept.proxy ?? found) !== found) continue;
      opened.push({ ...kept, vault, id, version, proxy: found });
    }
    return opened.toSorted((a, b) => (a.given < b.given ? 1 : -1));
  }
  async function at(sql: Sql, vault: string, epoch: number) {
    return open(sql, (await sql.query<Row>({ ...OF_VAULT, values: [vault, epoch] })).rows);
  }

  return {
    proxyOf,
    of: async (vault) => at(database, vault, await store.epoch(database, vault)),
    async forProxy(proxy) {
      const values = [Buffer.from(proxy, 'hex'), MANDATE_LIMITS.proxyMandatesMax];
      const { rows } = await database.query<Row>({ ...OF_PROXY, values });
      const now = clock().toISOString();
      return (await open(database, rows)).filter((one) => !one.rel && isActive(one, now));
    },
    async give(vault, { proxyBsn, ...draft }, by) {
      requireDraft(draft, clock());
      const kept: Kept = { ...draft, status: 'active', given: clock().toISOString() };
      const proxy = proxyOf(proxyBsn);
      await write(parts, vault, { event: 'mandate-given', by }, async (tx, epoch) => {
        const active = (await at(tx, vault, epoch)).filter((one) => isActive(one, kept.given));
        // Of one and the same person the later mandate counts in the place of the earlier.
        const old = active.find((one) => one.proxy === proxy && one.rel === draft.rel);
        if (!old && active.length >= MANDATE_LIMITS.perPersonMax) {
          throw new Problem('conflict', 'There are too many mandates; end some first.', {
            code: 'mandates',
          });
        }
        return { id: old?.id ?? randomUUID(), version: (old?.version ?? 0) + 1, proxy, kept };
      });
    },
    async end(vault, id, by) {
      await write(parts, vault, { event: 'mandate-ended', by }, async (tx, epoch) => {
        const own = await at(tx, vault, epoch);
        const old = own.find((one) => one.id === id && one.status === 'active');
        if (!old) throw new Problem('not-found', 'There is no such mandate.');
        const { vault: _vault, id: _id, version, proxy, ...kept } = old;
        return { id, version: version + 1, proxy, kept: { ...kept, status: 'ended' } };
      });
    },
    representation: async ({ actor }, vault, epoch) =>
      actor.kind === 'representative' && actor.authority.startsWith(MANDATE_AUTHORITY)
        ? evidenceOf(await at(database, vault, epoch), actor)
        : undefined,
    agreed: async (vault, parent) =>
      agreementWith(await at(database, vault, await store.epoch(database, vault)), parent)
        .childAgrees === true,
    agreement: async (vault, parent, epoch) =>
      agreementWith(await at(database, vault, epoch), parent),
  };
}

/** What a mandate shows of whoever acts under it. */
function evidenceOf(
  mandates: readonly Mandate[],
  actor: { readonly subject: string; readonly authority: string },
): Representation | undefined {
  const id = actor.authority.slice(MANDATE_AUTHORITY.length);
  const found = mandates.find((one) => one.id === id && one.proxy === actor.subject && !one.rel);
  if (!found) return undefined;
  const { status, kinds, given, until, scope = 'read' } = found;
  return {
    rel: 'proxy',
    scope,
    period: { start: given, end: status === 'active' ? until : given },
    ...(kinds ? { kinds } : {}),
  };
}

/** Its end is the 16th birthday, at which the parent is refused for that reason. */
function agreementWith(mandates: readonly Mandate[], parent: string): Agreement {
  const found = mandates.find(
    ({ proxy, rel, status }) => rel === 'parent' && proxy === parent && status === 'active',
  );
  if (!found) return { childAgrees: false };
  const opened = (found.kinds ?? []).flatMap((one) => (one.level === 'label' ? one.value : []));
  return { childAgrees: true, ...(opened.length > 0 ? { opened } : {}) };
}

const contextOf = (id: string, version: number, epoch: number): string =>
  `mandate|${id}|${version}|${epoch}`;

const isActive = ({ status, until }: Kept, now: string): boolean =>
  status === 'active' && now < until;

function requireDraft({ name, principal, until }: Omit<MandateDraft, 'proxyBsn'>, now: Date): void {
  const wrong = (field: string) =>
    new Problem('invalid', 'The mandate does not fit.', { code: 'mandate', expression: [field] });
  for (const [field, text] of [
    ['name', name],
    ['principal', principal],
  ] as const) {
    if (text.trim() === '' || text.length > MANDATE_LIMITS.nameCharactersMax) throw wrong(field);
  }
  const end = Date.parse(until);
  const last = now.getTime() + MANDATE_LIMITS.daysMax * DAY_MS;
  if (Number.isNaN(end) || end <= now.getTime() || end > last) throw wrong('until');
}

interface Version {
  readonly id: string;
  readonly version: number;
  readonly proxy: string;
  readonly kept: Kept;
}

/** @param next what follows from the mandates as they are, while nobody else may change them */
async function write(
  { database, store, ledger, clock, changed }: MandateParts,
  vault: string,
  { event, by }: { readonly event: 'mandate-given' | 'mandate-ended'; readonly by: By },
  next: (tx: Tx, epoch: number) => Promise<Version>,
): Promise<void> {
  const { agent, requestId } = by;
  const pending = await database.transaction(async (tx) => {
    // Raising the epoch holds the vault's row, and ends what was decided under the mandate before.
    const epoch = await raiseEpoch(store, tx, vault);
    const { id, version, proxy, kept } = await next(tx, epoch);
    const seal = await evidenceSeal(store, tx, vault, 'choices');
    const bound: Sealed = { ...kept, proxy };
    const sealed = seal.seal(contextOf(id, version, epoch), bound);
    const values = [vault, id, version, epoch, clock(), Buffer.from(proxy, 'hex'), sealed];
    await tx.query({ ...ADD, values });
    return ledger.write(tx, {
      class: 'evidence',
      event,
      action: event === 'mandate-given' ? 'C' : 'U',
      outcome: 0,
      patient: vault,
      agent,
      client: 'web',
      requestId,
      door: 'web',
      epoch,
      detail: { mandate: `${id}@${version}`, until: kept.until },
    });
  });
  changed?.(vault);
  await ledger.numbered(pending);
}
