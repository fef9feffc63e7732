/**
 * Care relations that a resource shows: an encounter, an episode, an appointment, a referral, a
 * hand-over, or the registration with a practice. Pure: the resource and what its references lead
 * to in, facts out; whether they count at a moment is for the decision. capabilities C9.
 */
import { localMidnight, nextLocalDate } from './age.ts';
import type { CareRelation, CareRelationKind } from './care-relation.ts';
import { type Clinical, codingsOf } from './codings.ts';
import { referralGrant } from './referral-grants.ts';

export type DerivedRelation = Omit<CareRelation, 'id'>;

export interface RelationContext {
  /** Organisation id of the custodian: who treats, unless the resource names somebody else. */
  readonly custodian: string;
  /** Instant at which the gateway got this version: stands in for an end that is not told. */
  readonly recorded: string;
  /** Organisation id that a reference leads to; undefined where it leads to nobody known. */
  organisationOf(reference: unknown): string | undefined;
}

/** R4 types that can show a relation. */
export const RELATION_TYPES: ReadonlySet<string> = new Set([
  'Encounter',
  'EpisodeOfCare',
  'Appointment',
  'ServiceRequest',
  'Task',
  'Patient',
]);

const INPATIENT = new Set(['IMP', 'ACUTE', 'NONAC', 'OBSENC', 'EMER']);
const NEVER_WAS = new Set(['cancelled', 'entered-in-error', 'noshow', 'rejected', 'draft']);
const ENDED = new Set(['finished', 'completed', 'fulfilled', 'revoked', 'failed']);
const WAITS = new Set(['proposed', 'waitlist', 'unknown']);

/** @returns nothing for a resource that shows no relation (any more). */
export function relationsIn(resource: Clinical, context: RelationContext): DerivedRelation[] {
  const derive = BY_TYPE[resource.resourceType];
  return derive ? derive(resource, context) : [];
}

type Derive = (resource: Clinical, context: RelationContext) => DerivedRelation[];

const BY_TYPE: Readonly<Record<string, Derive>> = {
  Encounter: (resource, context) =>
    stay(resource, context, isInpatient(resource) ? 'admission' : 'encounter', 'serviceProvider'),
  EpisodeOfCare: (resource, context) =>
    stay(resource, context, 'encounter', 'managingOrganization'),
  Appointment: appointment,
  ServiceRequest: referral,
  Task: handOver,
  Patient: registration,
};

function isInpatient(resource: Clinical): boolean {
  return codingsOf(resource['class']).some(({ code }) => INPATIENT.has(code ?? ''));
}

function stay(
  resource: Clinical,
  context: RelationContext,
  kind: CareRelationKind,
  provider: string,
): DerivedRelation[] {
  const status = text(resource['status']);
  const period = record(resource['period']);
  const from = beginOf(period['start']);
  const isPlanned = status === 'planned';
  // A visit that is only planned and has no date yet shows nothing.
  if (from === undefined && (isPlanned || WAITS.has(status))) return [];
  const organisation = context.organisationOf(resource[provider]) ?? context.custodian;
  // One that was planned and of which nothing was heard again is over with its day.
  const day = isPlanned && from !== undefined ? nextLocalDate(new Date(from)) : undefined;
  const told = endOf(period['end']) ?? day?.toISOString();
  const ended = ENDED.has(status) ? (told ?? latest(from, context.recorded)) : told;
  return [relation(resource, context, kind, organisation, from, ended)];
}

/** A visit that ended without saying when: a date of begin alone is taken as a single day. */
function latest(from: string | undefined, recorded: string): string {
  if (from === undefined) return recorded;
  const day = nextLocalDate(new Date(from));
  return day < new Date(recorded) ? day.toISOString() : recorded;
}

function appointment(resource: Clinical, context: RelationContext): DerivedRelation[] {
  const status = text(resource['status']);
  const from = beginOf(resource['start']);
  if (from === undefined || WAITS.has(status)) return [];
  const minutes = Number(resource['minutesDuration'] ?? 0) || 0;
  const until =
    endOf(resource['end']) ?? new Date(Date.parse(from) + minutes * 60_000).toISOString();
  const named = list(resource['participant'])
    .map((one) => context.organisationOf(record(one)['actor']))
    .filter((one) => one !== undefined);
  const sides = named.length > 0 ? named : [context.custodian];
  return [...new Set(sides)].map((side) =>
    relation(resource, context, 'appointment', side, from, until),
  );
}

/** Whoever is asked to treat, from the moment of the referral. */
function referral(resource: Clinical, context: RelationContext): DerivedRelation[] {
  const intent = text(resource['intent']);
  if (intent === 'proposal' || intent === 'plan' || intent === 'option') return [];
  const performers = list(resource['performer']).map((one) => context.organisationOf(one));
  return toNamed(resource, context, performers, beginOf(resource['authoredOn']));
}

function handOver(resource: Clinical, context: RelationContext): DerivedRelation[] {
  const begin =
    beginOf(resource['authoredOn']) ?? beginOf(record(resource['executionPeriod'])['start']);
  const ended =
    endOf(record(resource['executionPeriod'])['end']) ?? endOf(resource['lastModified']);
  const owners = [context.organisationOf(resource['owner'])];
  return toNamed(resource, context, owners, begin, ended).map((one) => {
    // Nobody refers to itself, and what it holds itself it may see anyhow.
    const grant = one.organisation === context.custodian ? undefined : referralGrant(resource);
    return grant ? { ...one, grant } : one;
  });
}

function toNamed(
  resource: Clinical,
  context: RelationContext,
  named: readonly (string | undefined)[],
  from: string | undefined,
  changed?: string,
): DerivedRelation[] {
  const until = ENDED.has(text(resource['status'])) ? (changed ?? context.recorded) : undefined;
  const sides = new Set(named.filter((one) => one !== undefined));
  return [...sides].map((side) => relation(resource, context, 'referral', side, from, until));
}

/** A practice where the person is registered; it ends with the version that no longer names it. */
function registration(resource: Clinical, context: RelationContext): DerivedRelation[] {
  const practices = list(resource['generalPractitioner'])
    .map((one) => context.organisationOf(one))
    .filter((one) => one !== undefined);
  return [...new Set(practices)].map((one) =>
    relation(resource, context, 'registration', one, undefined, undefined),
  );
}

function relation(
  resource: Clinical,
  { custodian, recorded }: RelationContext,
  kind: CareRelationKind,
  organisation: string,
  from: string | undefined,
  until: string | undefined,
): DerivedRelation {
  const begin = from ?? (until !== undefined && until < recorded ? until : recorded);
  // An end before the begin is a mistake of the source: the relation then ends as it begins.
  const end = until === undefined || until >= begin ? until : begin;
  return {
    organisation,
    kind,
    from: begin,
    ...(end === undefined ? {} : { until: end }),
    evidence: `${resource.resourceType}/${resource.id ?? ''}`,
    source: custodian,
    ...(NEVER_WAS.has(text(resource['status'])) ? { withdrawn: true as const } : {}),
  };
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** A date without time begins at midnight in Amsterdam; a partial one at its first day. */
function beginOf(value: unknown): string | undefined {
  const [year, month = '01', day = '01'] = partsOf(value) ?? [];
  if (year !== undefined) return localMidnight(`${year}-${month}-${day}`)?.toISOString();
  return instantOf(value);
}

/** A date without time ends at the midnight after it. */
function endOf(value: unknown): string | undefined {
  const parts = partsOf(value);
  if (!parts) return instantOf(value);
  const [year, month = '12', given] = parts;
  const day = given ?? String(new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate());
  const begin = localMidnight(`${year}-${month}-${day}`);
  return begin && nextLocalDate(begin).toISOString();
}

function partsOf(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'string') return undefined;
  if (DATE.test(value) || /^\d{4}(-\d{2})?$/.test(value)) return value.split('-');
  return undefined;
}

function instantOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
