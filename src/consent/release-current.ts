/**
 * The current version of one row, with the decision on it, in one round trip with those of other
 * requests: the row, the consent epoch, and what a decision needs of the things it refers to. What
 * those are is remembered from the last time; when it is not so any more, they are asked for again.
 */
import { type FhirVersion, r4TypeOf } from '../conformance/index.ts';
import type { Grant, Verdict } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import type { ResourceName, Store, StoredResource } from '../store/index.ts';
import { nameIn } from './named-references.ts';
import { chosen, type ReadQuestion } from './release-read.ts';
import { mentionsOf } from './row-mentions.ts';
import { isHidden } from './withheld-references.ts';

export interface CurrentRow {
  readonly row: StoredResource;
  readonly verdict: Verdict;
  /** References in it to what is there and may not be seen. */
  readonly hidden: ReadonlySet<string>;
}

const REMEMBERED_MAX = 20_000;
const NONE: ReadonlySet<string> = new Set();

export type FetchCurrent = (
  parts: { readonly store: Store; readonly database: Sql },
  vault: string,
  grant: Grant,
  where: { type: string; id: string; custodian?: string },
  question: ReadQuestion,
  /** The vault is where it was found before: `moved` when its id leads elsewhere by now. */
  asFound?: boolean,
) => Promise<CurrentRow | undefined | 'moved'>;

/** A fetcher that remembers what resources refer to; it may forget at any time. */
export function createFetchCurrent(): FetchCurrent {
  const remembered = new Map<string, readonly ResourceName[]>();
  // Each circle sees the record through a store of its own, and remembers for itself.
  const circles = new WeakMap<Store, number>();
  let circlesSeen = 0;
  const circleOf = (store: Store): number => {
    const known = circles.get(store);
    if (known !== undefined) return known;
    circlesSeen += 1;
    circles.set(store, circlesSeen);
    return circlesSeen;
  };

  return async ({ store, database }, vault, grant, where, question, asFound = false) => {
    const { epoch } = grant;
    const name = `${circleOf(store)}|${vault}|${where.type}/${where.id}|${question.version.name}`;
    const guess = remembered.get(name) ?? [];
    const answer = await store.named(database, {
      ...{ vault, epoch, whole: [where], facts: guess },
      asFound,
      mayOpen: (facts) => grant.covers(facts).permit,
    });
    if (answer === 'moved') return answer;
    const row = chosen(grant, answer.rows, question);
    if (!row) return undefined;
    const verdict = grant.covers(row.facts);
    if (!verdict.permit) return { row, verdict, hidden: NONE };
    const references = openReferences(row, question.version);
    const targets = references.map(nameOf);
    if (targets.length > 0) remember(name, targets);
    const known = new Map(guess.map((one, at) => [`${one.type}/${one.id}`, answer.facts[at]]));
    const rest = targets.filter((one) => !known.has(`${one.type}/${one.id}`));
    if (rest.length > 0) {
      const more = await store.named(database, { vault, epoch, whole: [], facts: rest });
      if (more === 'moved') return more;
      for (const [at, one] of rest.entries()) known.set(`${one.type}/${one.id}`, more.facts[at]);
    }
    const hidden = references.filter((_reference, at) => {
      const target = targets[at];
      return target !== undefined && isHidden(grant, known.get(`${target.type}/${target.id}`));
    });
    return { row, verdict, hidden: hidden.length > 0 ? new Set(hidden) : NONE };
  };

  function remember(name: string, targets: readonly ResourceName[]): void {
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(name, targets);
  }
}

/** The row itself is no secret to whoever sees it. */
function openReferences(row: StoredResource, version: FhirVersion): readonly string[] {
  const { name, mentions } = mentionsOf(row, version);
  return mentions.filter((one) => one !== name);
}

function nameOf(reference: string): ResourceName {
  const { type, id } = nameIn(reference);
  return { type: r4TypeOf(type), id };
}
