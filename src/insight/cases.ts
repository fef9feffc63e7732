/**
 * Cases, not lines (audit.md section 11): what one user did is one question, and when many users
 * looked at one person that is one question too.
 */
import type { RuleId } from './anomaly-rules.ts';
import type { Flag } from './detect.ts';

export interface CaseDraft {
  readonly about: 'user' | 'patient';
  /** The user, or the pseudonym of the patient. */
  readonly subject: string;
  /** Organisation of the users: its privacy officer looks. */
  readonly holder: string;
  readonly flags: readonly Flag[];
  /** Sum of the weights of its distinct rules. */
  readonly score: number;
}

export const CASE_LIMITS = {
  /** Below this a user's flags are kept with the next ones and open no case. */
  scoreMin: 3,
  /** So many users without a relation on one patient are one case about that patient. */
  usersOnPatientMin: 5,
  flagsKeptMax: 200,
} as const satisfies Record<string, number>;

const OF_RELATION: ReadonlySet<RuleId> = new Set(['AN-01', 'AN-02']);

/** Groups flags; the heaviest case first. Flags without an organisation have nobody to ask. */
export function casesOf(flags: readonly Flag[]): CaseDraft[] {
  const known = flags.filter(({ access }) => access.organisation !== undefined);
  const crowds = crowded(known);
  const inCrowd = (flag: Flag) =>
    OF_RELATION.has(flag.rule) && crowds.has(`${flag.access.organisation}|${flag.access.patient}`);
  const groups = new Map<string, { about: CaseDraft['about']; subject: string; flags: Flag[] }>();
  for (const flag of known) {
    const about = inCrowd(flag) ? 'patient' : 'user';
    const subject = about === 'patient' ? (flag.access.patient ?? '') : flag.access.user;
    const key = `${flag.access.organisation}|${about}|${subject}`;
    const group = groups.get(key) ?? { about, subject, flags: [] };
    group.flags.push(flag);
    groups.set(key, group);
  }
  return [...groups.values()]
    .map(({ about, subject, flags: own }) => ({
      about,
      subject,
      holder: own[0]?.access.organisation ?? '',
      flags: own.slice(0, CASE_LIMITS.flagsKeptMax),
      score: scoreOf(own) + (about === 'patient' ? usersIn(own) : 0),
    }))
    .filter(({ score }) => score >= CASE_LIMITS.scoreMin)
    .toSorted((a, b) => b.score - a.score || (a.subject < b.subject ? -1 : 1));
}

/** Organisation and patient where many users had no relation. */
function crowded(flags: readonly Flag[]): Set<string> {
  const users = new Map<string, Set<string>>();
  for (const { rule, access } of flags) {
    if (!OF_RELATION.has(rule) || access.patient === undefined) continue;
    const key = `${access.organisation}|${access.patient}`;
    const known = users.get(key) ?? new Set();
    known.add(access.user);
    users.set(key, known);
  }
  return new Set(
    [...users].flatMap(([key, { size }]) => (size >= CASE_LIMITS.usersOnPatientMin ? [key] : [])),
  );
}

function scoreOf(flags: readonly Flag[]): number {
  const weights = new Map(flags.map(({ rule, weight }) => [rule, weight]));
  return [...weights.values()].reduce((sum, weight) => sum + weight, 0);
}

const usersIn = (flags: readonly Flag[]): number =>
  new Set(flags.map(({ access }) => access.user)).size;
