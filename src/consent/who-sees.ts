/**
 * Who sees what now: for each organisation that holds something, which kinds of data the others
 * see of it, by kind of care provider. The rows of the table of choices as they work out, by the
 * same decision as at the door (journey J4, step 1). Numbers only: nothing of the content leaves.
 */
import {
  type AccessRequest,
  type CareRelation,
  type ConsentCategory,
  type ConsentRule,
  type DataCategory,
  isPartOfAnother,
  type Party,
  type ResourceFacts,
} from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';
import { throughPages } from '../store/index.ts';
import { partiesAt } from './grant-for.ts';
import type { OwnItemsParts } from './own-items.ts';
import { visibleTo } from './preview.ts';

/** Of one kind of data at one holder, how many items one kind of care provider sees. */
export interface Sight {
  /** What the one that sees least sees, and the one that sees most. */
  readonly least: number;
  readonly most: number;
}

export interface KindInSight {
  readonly data: DataCategory;
  readonly items: number;
  readonly seen: ReadonlyMap<ConsentCategory, Sight>;
}

export interface HolderInSight {
  /** Organisation id. */
  readonly holder: string;
  readonly kinds: readonly KindInSight[];
}

type OwnParts = Omit<OwnItemsParts, 'ledger'>;

export interface WhoSees {
  /** Only what the person may see: what an embargo keeps back is not counted either. */
  whoSees(vault: string, access: AccessRequest): Promise<readonly HolderInSight[]>;
}

export function createWhoSees(parts: OwnParts): WhoSees {
  return {
    async whoSees(vault, access) {
      const { database, organisations, policy, asksRegister } = parts;
      const at = parts.clock();
      const { epoch, facts } = await ownFacts(parts, vault, access, at);
      const [all, { choices }, patient, relations] = await Promise.all([
        organisations.all(),
        parts.choices.list(vault),
        parts.patientFacts(vault, epoch),
        parts.relations.at(database, vault, epoch),
      ]);
      // Who is not connected can ask nothing, whatever the choices say.
      const askers = all.filter(({ connection }) => connection === 'connected');
      const rules = choices.map(({ rule }) => rule);
      const inputs = { facts, parties: partiesAt(askers, at), patient, policy, at, relations };
      return sightsOf({ ...inputs, asksRegister }, rules);
    },
  };
}

const AGAIN_MAX = 4;

/** @throws Problem `busy` when the record keeps changing. */
async function ownFacts(
  { store, database, grantFor }: OwnParts,
  vault: string,
  access: AccessRequest,
  at: Date,
): Promise<{ epoch: number; facts: ResourceFacts[] }> {
  for (let attempt = 0; attempt < AGAIN_MAX; attempt += 1) {
    const grant = await grantFor(access, vault, at);
    const { epoch } = grant;
    const facts: ResourceFacts[] = [];
    const moved = await throughPages(store, database, { vault, epoch }, (rows) => {
      for (const { facts: one, deleted } of rows) {
        const isItem = one.category !== 'none' && !isPartOfAnother(one) && !deleted;
        if (isItem && grant.covers(one).permit) facts.push(one);
      }
    });
    if (!moved) return { epoch, facts };
  }
  throw new Problem('busy', 'The record changed while it was read.', { retryAfterSeconds: 1 });
}

type Inputs = Parameters<typeof visibleTo>[0] & { readonly relations: readonly CareRelation[] };

/** @returns holders in the order of their ids. */
export function sightsOf(inputs: Inputs, rules: readonly ConsentRule[]): HolderInSight[] {
  const held = Map.groupBy(inputs.facts, ({ custodian }) => custodian);
  const seenBy = lookers(inputs, rules, new Set(held.keys()));
  const holders = [...held].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return holders.map(([holder, items]) => ({
    holder,
    kinds: [...Map.groupBy(items, ({ category }) => category)].flatMap(([data, ofKind]) =>
      data === 'none' ? [] : [kindOf(holder, data, ofKind, seenBy)],
    ),
  }));
}

interface Looker {
  readonly id: string;
  readonly category: ConsentCategory;
  readonly seen: ReadonlySet<ResourceFacts>;
}

function kindOf(
  holder: string,
  data: DataCategory,
  items: readonly ResourceFacts[],
  lookers: readonly Looker[],
): KindInSight {
  const seen = new Map<ConsentCategory, Sight>();
  for (const looker of lookers) {
    // What somebody holds is no question of sharing.
    if (looker.id === holder) continue;
    const count = items.filter((item) => looker.seen.has(item)).length;
    const known = seen.get(looker.category) ?? { least: count, most: count };
    seen.set(looker.category, {
      least: Math.min(known.least, count),
      most: Math.max(known.most, count),
    });
  }
  return { data, items: items.length, seen };
}

/**
 * Each kind of care provider once, and apart those that a rule, a care relation or the record
 * names: a region has hundreds of organisations and a record thousands of items.
 */
function lookers(
  inputs: Inputs,
  rules: readonly ConsentRule[],
  holders: ReadonlySet<string>,
): Looker[] {
  const named = new Set(holders);
  for (const { recipient } of rules) if (recipient.level === 'org') named.add(recipient.value);
  for (const { organisation } of inputs.relations) named.add(organisation);
  const one = new Map<string, Party>();
  for (const party of inputs.parties.values()) {
    const { id: _id, ura: _ura, regions, ...same } = party;
    const alike = JSON.stringify([same, regions.toSorted()]);
    one.set(named.has(party.id) ? party.id : alike, party);
  }
  const { recipientCategoryOf } = inputs.policy;
  return [...one.values()].map((party) => ({
    id: party.id,
    category: party.recipientCategory ?? recipientCategoryOf[party.category] ?? party.category,
    seen: visibleTo(inputs, party, rules),
  }));
}
