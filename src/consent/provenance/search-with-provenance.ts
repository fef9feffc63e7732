/**
 * A search with the provenance of the messages that its answer came from, where that is asked for:
 * `Provenance?target=…` and `_revinclude=Provenance:target`. What senders sent as Provenance
 * themselves answers beside it.
 */
import type { SearchQuery } from '../../conformance/index.ts';
import { r4TypeOf } from '../../conformance/index.ts';
import type { Grant } from '../../permission/index.ts';
import { type PageAsked, searchVault, type VaultAnswer } from '../release-search.ts';
import type { Opened } from '../search-pool.ts';
import { madeProvenances, type ProvenanceParts } from './made-provenance.ts';
import { writtenProvenances } from './written-provenance.ts';

/** @throws Problem as `searchVault` does. */
export async function searchWithProvenance(
  parts: ProvenanceParts,
  vault: string,
  grant: Grant,
  query: SearchQuery,
  page: PageAsked,
): Promise<VaultAnswer | 'moved'> {
  const answer = await searchVault(parts.store, parts.database, vault, grant, query, page);
  if (answer === 'moved') return answer;
  if (query.type === 'Provenance' && !query.each)
    return ofTargets(parts, vault, grant, query, page, answer);
  const asked = query.revincludes.some(
    ({ source, parameter }) =>
      source === '*' || (source === 'Provenance' && (parameter?.code ?? 'target') === 'target'),
  );
  if (!asked || query.mayInclude?.has('Provenance') === false) return answer;
  const made = await madeProvenances(parts, vault, grant, originalsOf(answer.matches));
  if (made === 'moved') return made;
  const written = await writtenProvenances(parts, answer.matches);
  return { ...answer, included: [...answer.included, ...made, ...written] };
}

const originalsOf = (rows: readonly Opened[]): ReadonlySet<string> =>
  new Set(rows.flatMap(({ row }) => row.originalId ?? []));

/** On the first page: what is made is never more than a few. */
async function ofTargets(
  parts: ProvenanceParts,
  vault: string,
  grant: Grant,
  query: SearchQuery,
  page: PageAsked,
  answer: VaultAnswer,
): Promise<VaultAnswer | 'moved'> {
  const targets = targetsOf(query);
  if (targets.length === 0 || page.after !== undefined) return answer;
  const { rows, epochMoved } = await parts.store.candidates(parts.database, {
    vault,
    epoch: grant.epoch,
    ids: targets,
    cut: true,
  });
  if (epochMoved) return 'moved';
  const asked = rows
    .filter((row) => targets.some(({ type, id }) => type === row.type && id === row.id))
    .map((row) => ({ row, verdict: grant.covers(row.facts) }));
  const seen = asked.filter(({ verdict }) => verdict.permit);
  const refused = asked.flatMap(({ row: { custodian }, verdict: { permit, reason } }) =>
    permit ? [] : [{ reason, custodian }],
  );
  const ofMessages = await madeProvenances(parts, vault, grant, originalsOf(seen));
  if (ofMessages === 'moved') return ofMessages;
  const made = [...ofMessages, ...(await writtenProvenances(parts, seen))];
  return {
    ...answer,
    matches: query.summary === 'count' ? [] : [...made, ...answer.matches],
    // What it would tell of is withheld, and so is what would be made of it.
    withheld: [...answer.withheld, ...refused],
    ...(answer.total === undefined ? {} : { total: answer.total + made.length }),
  };
}

const OTHERS = /^(patient|target)(:[A-Z][A-Za-z]+)?$/;

/** What `target` names, when nothing but the patient is asked beside it. */
export function targetsOf(query: SearchQuery): { type: string; id: string }[] {
  if (!query.conditions.every(({ name }) => OTHERS.test(name))) return [];
  return query.conditions.flatMap(({ hint }) => {
    if (hint?.by !== 'reference' || hint.parameter !== 'target') return [];
    return hint.anyOf.flatMap(({ target = '' }) => {
      const [type = '', id, ...more] = target.split('/');
      return id === undefined || more.length > 0 ? [] : [{ type: r4TypeOf(type), id }];
    });
  });
}
