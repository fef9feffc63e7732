/** What the bodies of writes must fulfil before anything is looked up. */
import { type Issue, type Resource, validateInline } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { requireInactiveData } from '../fhir-push/attached-data.ts';
import { requireNoChoice } from '../no-choice.ts';
import { requireWhole } from '../whole-resource.ts';
import type { Requested, Writer } from './requested.ts';

const FAULTS_TOLD_MAX = 20;

/** @throws Problem `unprocessable` with each fault at its place, and for a PDF or narrative that acts. */
export function requireValid({ version }: Writer, one: Requested, resource: Resource): void {
  const inside = (place: string) =>
    one.place === '' ? place : `${one.place}.resource${place.replace(/^[A-Za-z]+/, '')}`;
  const [first, ...further] = validateInline(resource, version)
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .slice(0, FAULTS_TOLD_MAX)
    .map(({ text, detail, code, expression = [] }) => ({
      code: detail ?? code,
      message: text,
      expression: expression.map(inside),
    }));
  if (!first) {
    requireWelcome(resource, inside(resource.resourceType));
    return;
  }
  const { message, ...details } = first;
  throw new Problem('unprocessable', message, { ...details, further });
}

/** What is right FHIR and is not taken in all the same. @throws Problem `unprocessable` */
function requireWelcome(resource: Resource, place: string): void {
  requireNoChoice(resource, place);
  requireWhole(resource, place);
  requireInactiveData(resource, place);
}

/** Why a write of this would be refused, though it is right FHIR: for whoever asks beforehand. */
export function unwelcome(resource: Resource): Issue[] {
  try {
    requireWelcome(resource, resource.resourceType);
    return [];
  } catch (error) {
    const { kind, code, message, expression } = Problem.from(error);
    if (kind !== 'unprocessable') throw error;
    return [{ severity: 'error', code: 'processing', detail: code, text: message, expression }];
  }
}

/** @throws Problem `invalid` when two entries are about the same resource. */
export function requireDistinct(requested: readonly Requested[]): void {
  const seen = new Set<string>();
  for (const one of requested) {
    const names = namesOf(one);
    if (names.some((name) => seen.has(name))) {
      throw new Problem('invalid', 'Two entries are about the same resource.', {
        code: 'duplicate-entry',
        expression: [one.place],
      });
    }
    for (const name of names) seen.add(name);
  }
}

/** An id, an address in the bundle, a condition: two that ask for the same are about the same. */
function namesOf({ type, id, fullUrl, condition }: Requested): string[] {
  const asked = condition && new URLSearchParams(condition as [string, string][]);
  asked?.sort();
  return [
    ...(id === undefined ? [] : [`${type}/${id}`]),
    ...(fullUrl === undefined ? [] : [fullUrl]),
    ...(asked ? [`${type}?${asked}`] : []),
  ];
}
