/**
 * References to what is withheld do not leave either: they would tell that it is there. An entry of
 * a list goes, a required reference becomes one that names nothing (consent.md 7.2 and 7.3).
 */
import type { Resource } from '../conformance/index.ts';
import { isAddressName, narrativeLinks, r4TypeOf } from '../conformance/index.ts';
import type { Grant, ResourceFacts } from '../permission/index.ts';
import type { Sql } from '../platform/database.ts';
import type { Mark, Store } from '../store/index.ts';
import { isNamedReference, nameIn } from './named-references.ts';

/** Asked for in one statement; more are asked for in the next. */
const TARGETS_IN_ONE_GO = 2_000;

/**
 * Which of the things that these resources refer to are there but not to be seen.
 * @returns the references as the resources spell them, or `moved` when the consent epoch moved.
 */
export async function withheldTargets(
  parts: { store: Store; sql: Sql; asOf?: Mark | undefined },
  vault: string,
  grant: Grant,
  resources: readonly Resource[],
  released: ReadonlySet<string>,
): Promise<ReadonlySet<string> | 'moved'> {
  return withheldAmong(parts, vault, grant, [...referencesOf(resources)], released);
}

/** The same for references that were found already. */
export async function withheldAmong(
  parts: { store: Store; sql: Sql; asOf?: Mark | undefined },
  vault: string,
  grant: Grant,
  references: readonly string[],
  released: ReadonlySet<string>,
): Promise<ReadonlySet<string> | 'moved'> {
  const open = references.filter((reference) => !released.has(reference));
  const hidden = new Set<string>();
  for (let from = 0; from < open.length; from += TARGETS_IN_ONE_GO) {
    const part = await hiddenOf(parts, vault, grant, open.slice(from, from + TARGETS_IN_ONE_GO));
    if (part === 'moved') return part;
    for (const reference of part) hidden.add(reference);
  }
  return hidden;
}

async function hiddenOf(
  { store, sql, asOf }: { store: Store; sql: Sql; asOf?: Mark | undefined },
  vault: string,
  grant: Grant,
  open: readonly string[],
): Promise<readonly string[] | 'moved'> {
  const ids = open.map((reference) => {
    const { type, id } = nameIn(reference);
    return { type: r4TypeOf(type), id };
  });
  const { epoch } = grant;
  const answer = await store.named(sql, { vault, epoch, whole: [], facts: ids, asOf });
  if (answer === 'moved') return answer;
  return open.filter((_reference, at) => isHidden(grant, answer.facts[at]));
}

/**
 * There, and none of its rows may be seen. What a sender refers to it wrote itself: a reference
 * that is gone would tell it that another holder has something of that name.
 */
export function isHidden(grant: Grant, facts: readonly ResourceFacts[] = []): boolean {
  if (grant.ofSender) return false;
  return facts.length > 0 && !facts.some((one) => grant.covers(one).permit);
}

/** What these resources refer to, as `Type/id` or `Type/id/_history/n`, also behind an address. */
export function referencesOf(resources: readonly Resource[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const resource of resources) collect(resource, found);
  return found;
}

function addLiteral(links: readonly string[], into: Set<string>): void {
  for (const link of links) if (isNamedReference(link)) into.add(link);
}

function collect(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const one of value) collect(one, into);
  } else if (typeof value === 'object' && value !== null) {
    const { url } = value as { url?: unknown };
    if (typeof url === 'string' && url.startsWith('Binary/')) into.add(url);
    for (const [name, one] of Object.entries(value)) {
      if (typeof one !== 'string') collect(one, into);
      else if (name === 'div') addLiteral(narrativeLinks(one), into);
      else if (name === 'reference' || isAddressName(name)) addLiteral([one], into);
    }
  }
}
