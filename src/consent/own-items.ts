/**
 * What a person holds, one by one, and what somebody else would see of it today: the same decision
 * as at the door, made for a looker-on who is not there. Both are the person's own act and stand in
 * the ledger as such. consent.md section 14.
 */
import type { Ledger } from '../audit/index.ts';
import type { Organisations } from '../identity/index.ts';
import {
  type AccessRequest,
  clinicalDate,
  compileGrant,
  type Grant,
  isPartOfAnother,
  type Party,
  type PatientFacts,
  type Policy,
  type Purpose,
  refuseRequest,
} from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import { type Store, type StoredResource, throughPages } from '../store/index.ts';
import type { CareRelations } from './care-relations.ts';
import type { ChoiceBook } from './choices.ts';
import { partiesAt, partyOf } from './grant-for.ts';
import { asRegisterSays } from './mitz/as-register-says.ts';
import { titleOf } from './own-title.ts';
import { disclosure } from './release-event.ts';
import type { Opened } from './search-pool.ts';

export interface OwnItem {
  /** `Type/id`, as choices about one item name it. */
  readonly ref: string;
  readonly type: string;
  /** What the source calls it. */
  readonly title?: string;
  /** When it was, as far as the resource itself says so. */
  readonly date?: string;
  /** When this version came in. */
  readonly received: Date;
  /** Organisation id. */
  readonly custodian: string;
  readonly labels: readonly string[];
  /** Whether the looker-on would see it, where one was asked for. */
  readonly seen?: boolean;
  /** Why not, as the ledger would say it. */
  readonly why?: string;
}

/** Somebody to look along as: an organisation that is known, or one of a kind. */
export type LookerOn =
  | { readonly organisation: string }
  | { readonly kind: 'gp' | 'emergency' | 'coach' };

export interface OwnItems {
  /** Newest first, at most `OWN_ITEMS_MAX`. @throws Problem `not-found` for an unknown looker-on. */
  items(vault: string, access: AccessRequest, as?: LookerOn): Promise<readonly OwnItem[]>;
}

export interface OwnItemsParts {
  readonly database: Database;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly organisations: Organisations;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly choices: ChoiceBook;
  readonly relations: Pick<CareRelations, 'at'>;
  readonly asksRegister: boolean;
  readonly patientFacts: (vault: string, epoch: number) => Promise<PatientFacts>;
  grantFor(access: AccessRequest, vault: string, at: Date): Promise<Grant>;
}

export const OWN_ITEMS_MAX = 1_000;

export function createOwnItems(parts: OwnItemsParts): OwnItems {
  return {
    async items(vault, access, as) {
      const grant = await parts.grantFor(access, vault, parts.clock());
      const found: Opened[] = [];
      const asked = { vault, epoch: grant.epoch };
      const moved = await throughPages(parts.store, parts.database, asked, (rows) => {
        for (const row of rows) {
          const verdict = grant.covers(row.facts);
          // The bytes of a document go with the document.
          const isItem = row.facts.category !== 'none' && !isPartOfAnother(row.facts);
          if (verdict.permit && isItem && !row.deleted) found.push({ row, verdict });
        }
      });
      if (moved) throw new Problem('busy', 'The record changed.', { retryAfterSeconds: 1 });
      const own = found
        .toSorted((a, b) => dateOf(b.row).localeCompare(dateOf(a.row)))
        .slice(0, OWN_ITEMS_MAX);
      const other = as && (await lookerOn(parts, vault, grant.epoch, as));
      await parts.ledger.record([
        disclosure(access, vault, {
          event: 'search-type',
          action: 'E',
          grant,
          shown: own,
          withheld: [],
          query: as ? 'own-items?as=other' : 'own-items',
        }),
      ]);
      return own.map(({ row }) => itemOf(row, other));
    },
  };
}

type Looks = (row: StoredResource) => { readonly seen: boolean; readonly why?: string };

/** The decision for somebody else, over the same choices and at this moment. */
async function lookerOn(
  parts: OwnItemsParts,
  vault: string,
  epoch: number,
  as: LookerOn,
): Promise<Looks> {
  const { choices, organisations, patientFacts, clock, relations, database, policy } = parts;
  const at = clock();
  const [{ choices: standing }, all, patient, treating] = await Promise.all([
    choices.list(vault),
    organisations.all(),
    patientFacts(vault, epoch),
    relations.at(database, vault, epoch),
  ]);
  const named = 'organisation' in as ? all.find(({ id }) => id === as.organisation) : undefined;
  if ('organisation' in as && !named) throw new Problem('not-found', 'No such organisation.');
  const kind = 'kind' in as ? as.kind : undefined;
  const plain = {
    request: askAs(named ? partyOf(named, at) : anyOf(kind ?? 'gp', policy), kind),
    at,
    epoch,
    patient,
    rules: standing.map(({ rule }) => rule),
    holders: partiesAt(all, at),
    policy,
    relations: treating,
  };
  const inputs = parts.asksRegister ? asRegisterSays(plain) : plain;
  const refusal = refuseRequest(inputs);
  if (refusal) return () => ({ seen: false, why: refusal.reason });
  const grant = compileGrant(inputs);
  return (row) => {
    const { permit, reason } = grant.covers(row.facts);
    return permit ? { seen: true } : { seen: false, why: reason };
  };
}

/** One of a kind, member of every region. */
function anyOf(kind: 'gp' | 'emergency' | 'coach', policy: Policy): Party {
  const regions = Object.keys(policy.regions);
  const shared = { id: `any-${kind}`, ura: '', regions };
  if (kind === 'gp') return { ...shared, type: 'Z3', category: 'HA' };
  if (kind === 'emergency') return { ...shared, type: 'V4', category: 'ZKH' };
  return { ...shared, type: 'F1', category: 'OVZ' };
}

function askAs(organisation: Party, kind: 'gp' | 'emergency' | 'coach' | undefined): AccessRequest {
  const isEmergency = kind === 'emergency';
  const purpose: Purpose = isEmergency ? 'ETREAT' : 'TREAT';
  return {
    id: 'look-along',
    correlationId: 'look-along',
    door: 'web',
    client: 'look-along',
    address: '',
    tokenId: 'look-along',
    actor: {
      kind: 'professional',
      organisation,
      role: '01.000',
      ...(isEmergency ? { department: 'SEH' } : {}),
    },
    purpose,
    ...(isEmergency
      ? {
          emergency: {
            level: 'urgent' as const,
            patientIncapable: false,
            reasonCode: 'look-along',
            reason: 'the person looks along',
          },
        }
      : {}),
  };
}

/** Places it among the others: what tells no day stands at the day on which it came in. */
const dateOf = (row: StoredResource): string => row.facts.date ?? row.updated.toISOString();

function itemOf(row: StoredResource, looks: Looks | undefined): OwnItem {
  const resource = JSON.parse((row.r4 ?? row.bytes).toString('utf8'));
  const [title, date] = [titleOf(resource), clinicalDate(resource)];
  return {
    ref: `${row.type}/${row.id}`,
    type: row.type,
    received: row.updated,
    custodian: row.custodian,
    labels: row.facts.labels,
    ...(title === undefined ? {} : { title }),
    ...(date === undefined ? {} : { date }),
    ...looks?.(row),
  };
}
