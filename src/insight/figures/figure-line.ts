/** The ledger line of a question for figures: what was counted, of how many, told or refused. */
import type { LedgerEvent } from '../../audit/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import { Problem } from '../../platform/problem.ts';
import { type CohortDefinition, nameOf } from './cohort-set.ts';
import { figureDigest } from './figure-file.ts';
import type { Figure } from './figures.ts';

/** One line a question, with no list of people (consent.md section 12). */
export function figureLine(
  access: AccessRequest,
  definition: CohortDefinition | undefined,
  told: Figure | Problem,
): LedgerEvent {
  const { actor, client, purpose, id, correlationId, tokenId, door, address } = access;
  const organisation = actor.kind === 'professional' ? actor.organisation.id : undefined;
  const person = actor.kind === 'professional' ? actor.person : undefined;
  const isRefused = told instanceof Problem;
  return {
    class: 'care',
    event: 'count',
    action: 'E',
    outcome: isRefused ? (told.kind === 'fault' ? 8 : 4) : 0,
    ...(isRefused ? { reason: told.code } : {}),
    agent: {
      kind: 'professional',
      id: person ?? client,
      address,
      ...(organisation === undefined ? {} : { organisation }),
    },
    ...{ client, purpose, requestId: id, correlationId, tokenId, door },
    query: definition ? nameOf(definition) : 'aantallen',
    ...(isRefused ? {} : { counts: { people: told.total }, detail: detailOf(told) }),
  };
}

function detailOf(figure: Figure): Record<string, string> {
  return { cohort: figure.day, measures: figure.version, answer: figureDigest(figure) };
}
