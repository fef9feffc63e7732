/**
 * One thing that a care provider has on record about who acts for a patient, and what follows from
 * it: a court's appointment with its evidence, or a block for reasons of good care.
 */
import { passesElevenTest } from '../conformance/index.ts';
import type { PatientFacts, Representation } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

export const REPRESENTATIVE_LIMITS = {
  perPersonMax: 40,
  ofSubjectMax: 50,
  textCharactersMax: 300,
  reasonCharactersMin: 10,
  /** A block is weighed again after five years at the latest. */
  blockDaysMax: 1_830,
} as const satisfies Record<string, number>;

const COURT_RELATIONS: readonly string[] = ['curator', 'mentor'];

export interface Kept {
  readonly status: 'active' | 'ended';
  /** Organisation id of the provider that has it on record. */
  readonly holder: string;
  readonly recorded: string;
  /** Keyed hashes of the number of who acts, one for each way in; absent: whoever acts. */
  readonly subjects?: readonly string[];
  readonly court?: Court;
  readonly block?: Block;
}

/** A court's appointment, as the provider saw it. */
export interface Court {
  readonly rel: 'curator' | 'mentor';
  /** Name of who was appointed, and of the patient as the two know each other. */
  readonly name: string;
  readonly principal: string;
  /** Where it was seen: number in the court's register, or of the decision. */
  readonly evidence: string;
  readonly since: string;
  /** Exclusive; absent: until it is ended. */
  readonly until?: string;
}

/** Somebody may not look along at what this provider holds. */
export interface Block {
  readonly reason: string;
  /** Exclusive. */
  readonly until: string;
}

export interface Recorded extends Kept {
  readonly vault: string;
  readonly id: string;
  readonly version: number;
}

export interface RepresentativeDraft {
  readonly holder: string;
  /** Number of who acts; a block without one is about whoever acts. */
  readonly bsn?: string;
  readonly court?: Court;
  readonly block?: Block;
}

export type Incapacity = Pick<PatientFacts, 'incapacity' | 'incapacitySince' | 'incapacityUntil'>;

/** Authority of a request that rests on a court's appointment: this, and its id here. */
export const COURT_AUTHORITY = 'court:';

const DAY_MS = 86_400_000;

/** The evidence for whoever a court appointed; undefined where it appointed nobody by this name. */
export function evidenceOf(
  all: readonly Recorded[],
  actor: { readonly subject: string; readonly authority: string },
): Representation | undefined {
  const id = actor.authority.slice(COURT_AUTHORITY.length);
  const found = all.find((one) => one.id === id && one.subjects?.includes(actor.subject));
  if (!found?.court) return undefined;
  const { rel, since, until } = found.court;
  const end = found.status === 'active' ? until : since;
  return { rel, period: { start: since, ...(end === undefined ? {} : { end }) } };
}

/** From the first to the last of those that stand. */
export function incapacityIn(all: readonly Recorded[]): Incapacity {
  const courts = all.flatMap(({ status, court }) => (status === 'active' && court ? [court] : []));
  const [first] = courts.map(({ since }) => since).toSorted();
  if (first === undefined) return {};
  const ends = courts.flatMap(({ until }) => until ?? []).toSorted();
  const last = ends.length === courts.length ? ends.at(-1) : undefined;
  return {
    incapacity: true,
    incapacitySince: first,
    ...(last === undefined ? {} : { incapacityUntil: last }),
  };
}

/** Whether it stands at this moment. */
export function isActive({ status, court, block }: Kept, moment: string): boolean {
  const until = court?.until ?? block?.until;
  return status === 'active' && (until === undefined || moment < until);
}

/** @throws Problem `invalid` (`representative`) with the field that does not fit. */
export function requireDraft({ bsn, court, block }: RepresentativeDraft, now: Date): void {
  const wrong: string[] = [];
  const require = (fits: boolean, field: string) => {
    if (!fits) wrong.push(field);
  };
  const { textCharactersMax: most, reasonCharactersMin, blockDaysMax } = REPRESENTATIVE_LIMITS;
  const isText = (text: string) => text.trim() !== '' && text.length <= most;
  if (court) require(COURT_RELATIONS.includes(court.rel), 'rel');
  // A mistyped number would be that of nobody: then what is on record would do nothing.
  require(bsn === undefined ? court === undefined : passesElevenTest(bsn), 'bsn');
  if (court) {
    for (const field of ['name', 'principal', 'evidence'] as const) {
      require(isText(court[field]), field);
    }
    require(Date.parse(court.since) <= now.getTime(), 'since');
    require(court.until === undefined || Date.parse(court.until) > now.getTime(), 'until');
  }
  if (block) {
    const enough = block.reason.trim().length >= reasonCharactersMin;
    require(enough && isText(block.reason), 'reason');
    const end = Date.parse(block.until);
    require(end > now.getTime() && end <= now.getTime() + blockDaysMax * DAY_MS, 'until');
  }
  require((court === undefined) !== (block === undefined), 'kind');
  if (wrong.length === 0) return;
  throw new Problem('invalid', 'What is to be put on record does not fit.', {
    code: 'representative',
    expression: wrong,
  });
}

/** Who keeps this one out, and until when. */
export const blocksOf = (
  all: readonly Recorded[],
  subject: string,
): NonNullable<Representation['blocks']> =>
  all.flatMap(({ status, holder, block, subjects }) =>
    status === 'active' && block && (subjects?.includes(subject) ?? true)
      ? [{ holder, until: block.until }]
      : [],
  );
