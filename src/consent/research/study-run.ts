/**
 * One run of a study: who takes part now, under which names, and what is told of it. Whoever took
 * back the permission is not in it, and stands in the list of those to remove. consent.md 12.
 */
import { createHash } from 'node:crypto';
import type { Ledger } from '../../audit/index.ts';
import type { FhirVersion } from '../../conformance/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { ExportedPerson, Face } from '../exports.ts';
import { studyRunLine } from '../release-event.ts';
import type { CohortPage } from './cohort.ts';
import type { Studies } from './studies.ts';

const STUDY_LIMITS = { peopleMax: 100_000 } as const satisfies Record<string, number>;

/** The rule that every cohort here is made by; told in the manifest. */
const COHORT_RULE = 'active permission for HRESCH that names this study or researchers';

/** What the manifest says of a run; no list of people but of those who left. */
export interface StudyRun {
  readonly rule: string;
  readonly at: string;
  readonly people: number;
  /** sha256 (hex) over the pseudonyms with the consent epoch of each. */
  readonly epochs: string;
  /** Pseudonyms of the last run that are not in this one: to be removed. */
  readonly removed: readonly string[];
}

export interface ResearchParts {
  readonly studies: Studies;
  /** @throws Problem of step 0: what stands in the way of any research is told at once. */
  readonly admit: (access: AccessRequest) => Promise<void>;
  readonly cohort: (access: AccessRequest) => AsyncGenerator<CohortPage>;
  readonly ledger: Pick<Ledger, 'record'>;
}

export interface Gathered {
  readonly run: StudyRun;
  readonly people: readonly ExportedPerson[];
  readonly face: Face;
}

/** The study that asks. @throws Problem `forbidden` for who asks for anything but research. */
export function studyOfAsker({ actor, purpose }: AccessRequest): string {
  if (purpose === 'HRESCH' && actor.kind === 'professional') return actor.organisation.id;
  throw new Problem('forbidden', 'This export is for research, under its purpose of use.', {
    code: 'purpose',
  });
}

/** What leaves is made pseudonymous by whoever calls this. */
export const underPseudonym = (access: AccessRequest): AccessRequest => ({
  ...access,
  nameless: 'pseudonyms',
});

/** Who takes part, in the order of their names: the order of two studies tells nothing either. */
export async function gatherRun(
  { studies, cohort, ledger }: ResearchParts,
  access: AccessRequest,
  {
    job,
    version,
    now,
  }: { readonly job: string; readonly version: FhirVersion; readonly now: Date },
): Promise<Gathered> {
  const study = await studies.of(studyOfAsker(access));
  const found: { name: string; vault: string; epoch: number }[] = [];
  let seen = 0;
  for await (const page of cohort(underPseudonym(access))) {
    seen += page.seen;
    for (const { vault, grant } of page.members) {
      found.push({ name: study.person(vault), vault, epoch: grant.epoch });
    }
    if (found.length > STUDY_LIMITS.peopleMax) {
      throw new Problem('too-large', 'A study is of at most 100,000 people.', {
        code: 'too-many-people',
      });
    }
  }
  found.sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = found.map(({ name }) => name);
  const present = new Set(names);
  const removed = (await studies.lastRun(study.organisation)).filter((one) => !present.has(one));
  const epochs = createHash('sha256')
    .update(found.map(({ name, epoch }) => `${name} ${epoch}`).join('\n'))
    .digest('hex');
  const run = { rule: COHORT_RULE, at: now.toISOString(), people: found.length, epochs, removed };
  await studies.noteRun(study.organisation, job, names);
  await ledger.record([studyRunLine(access, { job, run, leftOut: seen - found.length })]);
  return {
    run,
    people: found.map(({ vault }) => ({ vault })),
    face: (one, { vault }) => (vault === undefined ? undefined : study.face(one, vault, version)),
  };
}
