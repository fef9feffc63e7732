/**
 * What a decision may know of a resource, worked out once when it comes in. A summary or a panel
 * carries the union of what lies in it (high-water mark), so contained parts count. consent.md 2.1,
 * 8.
 */
import type { DataCategory } from './catalogue.ts';
import { allCodings, type Clinical, type Coded, codingsOf, objectsBelow } from './codings.ts';
import type { ResourceFacts } from './facts.ts';
import { topicsOf } from './labelling.ts';
import { readRuleBook } from './rule-book.ts';

interface DataCategories {
  readonly none: readonly string[];
  readonly types: Readonly<Record<string, DataCategory>>;
  readonly resultCategories: readonly string[];
  readonly otherwise: DataCategory;
  readonly workingNotes: readonly string[];
}

interface LabelSystems {
  readonly sameAs: Readonly<Record<string, string>>;
  readonly topics: readonly string[];
  readonly broader: Readonly<Record<string, string>>;
  readonly confidentialitySystem: string;
  readonly topicSystem: string;
  readonly markSystem: string;
}

let categories: DataCategories | undefined;
let labelSystems: LabelSystems | undefined;

export interface ClassifyOptions {
  /** Organisation id of the custodian. */
  readonly custodian: string;
  /** National organisation type of the custodian, where it is known. */
  readonly custodianType?: string;
  /**
   * When the gateway received it, ISO instant: stands in where the resource has no clinical date.
   */
  readonly recorded: string;
  /**
   * Labels from elsewhere that stay: a person's own, the sender's overlay, the containing document.
   */
  readonly labels?: readonly string[];
  readonly embargoUntil?: string;
}

/** @param resource the R4 form, with references already as they are stored. */
export function factsOf(resource: Clinical, options: ClassifyOptions): ResourceFacts {
  const codings = allCodings(resource);
  const labels = new Set([
    ...(options.labels ?? []),
    ...securityLabels(resource),
    ...topicsOf(codings, options.custodianType),
  ]);
  if (isWorkingNote(resource)) labels.add('working-note');
  return {
    type: resource.resourceType,
    id: resource.id ?? '',
    custodian: options.custodian,
    category: categoryOf(resource),
    labels: [...labels].toSorted(),
    codes: subjectCodes(resource),
    authors: authorsOf(resource),
    date: clinicalDate(resource) ?? options.recorded,
    related: relatedTo(resource),
    ...(options.embargoUntil === undefined ? {} : { embargoUntil: options.embargoUntil }),
  };
}

/** Of what is known by its type alone; a result says so in its category. */
export const categoryOfType = (type: string): ResourceFacts['category'] =>
  categoryOf({ resourceType: type });

function categoryOf(resource: Clinical): ResourceFacts['category'] {
  categories ??= readRuleBook<DataCategories>('data-categories');
  const type = resource.resourceType;
  if (categories.none.includes(type)) return 'none';
  if (Object.hasOwn(categories.types, type)) return categories.types[type] ?? 'GGC002';
  if (type === 'Observation') {
    const results = categories.resultCategories;
    const found = codingsOf(resource['category']).some((one) => results.includes(token(one)));
    if (found) return 'GGC012';
  }
  return categories.otherwise;
}

/** Of a journal entry only the E and P lines are given to the patient (gegevensdiensten.md 3.2). */
function isWorkingNote(resource: Clinical): boolean {
  if (resource.resourceType !== 'Observation') return false;
  categories ??= readRuleBook<DataCategories>('data-categories');
  const notes = categories.workingNotes;
  return codingsOf(resource['code']).some((one) => notes.includes(token(one)));
}

/**
 * Labels that came with the resource or one contained in it; unknown topics of ActCode are kept
 * out.
 */
function securityLabels(resource: Clinical): string[] {
  labelSystems ??= readRuleBook<LabelSystems>('sensitivity');
  const { sameAs, topics, broader, confidentialitySystem, topicSystem, markSystem } = labelSystems;
  const found: string[] = [];
  for (const part of [resource, ...containedIn(resource)]) {
    const { security } = (part['meta'] ?? {}) as { security?: unknown };
    for (const { system, code } of codingsOf(security)) {
      const known = sameAs[code] ?? code;
      // A sensitivity that no rule can name shields by itself.
      if (isTopic(system, topicSystem) && known === 'R') found.push(known);
      else if (isConfidentiality(system, confidentialitySystem) && /^[NRV]$/.test(code))
        found.push(code);
      else if (isTopic(system, topicSystem) && (topics.includes(known) || known in broader)) {
        found.push(known);
      } else if (system === markSystem) found.push(code);
    }
  }
  return found;
}

/** STU3 and v3 spellings of the same two code systems. */
function isConfidentiality(system: string, current: string): boolean {
  return (
    system === current || /v3[/-](Confidentiality)$|2\.16\.840\.1\.113883\.5\.25$/.test(system)
  );
}

function isTopic(system: string, current: string): boolean {
  return system === current || /v3[/-]ActCode$|2\.16\.840\.1\.113883\.5\.4$/.test(system);
}

function containedIn(resource: Clinical): Record<string, unknown>[] {
  const { contained } = resource;
  return Array.isArray(contained) ? contained : [];
}

/** Elements that say what a resource is about, over all types that have one. */
const SUBJECT_CODES = [
  'code',
  'medicationCodeableConcept',
  'vaccineCode',
  'type',
  'substance',
  'scope',
  'serviceType',
] as const;

function subjectCodes(resource: Clinical): string[] {
  const tokens = SUBJECT_CODES.flatMap((name) => codingsOf(resource[name]).map(token));
  return [...new Set(tokens)];
}

function token({ system, code }: Coded): string {
  return `${system}|${code}`;
}

const AUTHOR_ELEMENTS = [
  'author',
  'recorder',
  'asserter',
  'performer',
  'requester',
  'informationSource',
  'resultsInterpreter',
  'authenticator',
  'custodian',
] as const;

/** People and organisations who wrote it: as `Type/id`, and as `system|value` where so known. */
function authorsOf(resource: Clinical): string[] {
  const found = new Set<string>();
  for (const name of AUTHOR_ELEMENTS) {
    for (const object of objectsBelow(resource[name])) {
      const { reference, identifier } = object;
      if (typeof reference === 'string') found.add(relative(reference));
      const { system, value } = (identifier ?? {}) as { system?: unknown; value?: unknown };
      if (typeof system === 'string' && typeof value === 'string') found.add(`${system}|${value}`);
    }
  }
  return [...found];
}

/** Elements with the clinical date, the most telling first. */
const DATES = [
  'effectiveDateTime',
  'effectiveInstant',
  'effectivePeriod',
  'performedDateTime',
  'performedPeriod',
  'occurrenceDateTime',
  'occurrencePeriod',
  'onsetDateTime',
  'onsetPeriod',
  'whenHandedOver',
  'whenPrepared',
  'period',
  'started',
  'start',
  'servicedDate',
  'date',
  'authoredOn',
  'recordedDate',
  'dateAsserted',
  'dateTime',
  'issued',
  'created',
  'receivedTime',
] as const;

/** When it was, as far as the resource itself says so. */
export function clinicalDate(resource: Clinical): string | undefined {
  for (const name of DATES) {
    const value = resource[name];
    if (isDate(value)) return value;
    const { start } = (value ?? {}) as { start?: unknown };
    if (typeof start === 'string') return start;
  }
  return undefined;
}

/** From when until when; the side that is left out is open, as of a stay that goes on. */
interface ClinicalSpan {
  readonly start?: string;
  readonly end?: string;
}

/** The time it took, as far as the resource itself says so; a single date is both ends of it. */
export function clinicalSpan(resource: Clinical): ClinicalSpan | undefined {
  for (const name of DATES) {
    const value = resource[name];
    // Of an appointment the two ends stand beside each other.
    if (isDate(value)) return spanOf(value, (name === 'start' && resource['end']) || value);
    const { start, end } = (value ?? {}) as { start?: unknown; end?: unknown };
    if (isDate(start) || isDate(end)) return spanOf(start, end);
  }
  return undefined;
}

const spanOf = (start: unknown, end: unknown): ClinicalSpan => ({
  ...(isDate(start) ? { start } : {}),
  ...(isDate(end) ? { end } : {}),
});

const isDate = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}/.test(value);

const BELONGS_TO = /^(Encounter|EpisodeOfCare|Task)\/[^/]+$/;

/** Episodes, encounters and tasks that it names anywhere, and itself where it is one. */
function relatedTo(resource: Clinical): string[] {
  const found = new Set<string>();
  for (const { reference } of objectsBelow(resource)) {
    if (typeof reference !== 'string') continue;
    const local = relative(reference);
    if (BELONGS_TO.test(local)) found.add(local);
  }
  const own = `${resource.resourceType}/${resource.id ?? ''}`;
  if (BELONGS_TO.test(own)) found.add(own);
  return [...found];
}

/** `Type/id` of a reference, without base and version. */
function relative(reference: string): string {
  const match = /(?<![A-Za-z])([A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]+)?$/.exec(
    reference,
  );
  return match?.[1] ?? reference;
}
