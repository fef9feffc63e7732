/**
 * The detectors (audit.md section 11): lines go by in the order of time, and each rule keeps no
 * more than it needs. A flag says which line, whose, about whom and why; it is a question, never a
 * verdict.
 */
import type { Access } from './access.ts';
import type { AnomalyRule, AnomalyRules, RuleId } from './anomaly-rules.ts';
import { detectPattern, type Pattern } from './detect-pattern.ts';
import { detectPerson } from './detect-person.ts';
import type { Surroundings } from './surroundings.ts';

export interface Flag {
  readonly rule: RuleId;
  readonly weight: number;
  readonly access: Access;
  /** Numbers that explain it: `counted: 12`, `limit: 10`. Never a name or a value. */
  readonly why: Readonly<Record<string, number>>;
}

export interface Detectors {
  /** Lines must come in the order of time. */
  see(access: Access): readonly Flag[];
}

/** One set for one run; it remembers users, so a run that goes on keeps it. */
export function createDetectors(rules: AnomalyRules, surroundings: Surroundings): Detectors {
  const pattern: Pattern = { users: new Map(), roles: new Map() };
  const flag =
    (access: Access) =>
    (id: RuleId, why: Flag['why'] = {}): Flag[] => {
      const rule = rules.byId.get(id);
      return rule ? [{ rule: id, weight: rule.weight, access, why }] : [];
    };
  const ruleOf = (id: RuleId): AnomalyRule | undefined => rules.byId.get(id);
  return {
    see(access) {
      const asked = { access, surroundings, ruleOf, flag: flag(access) };
      return [...detectPerson(asked), ...detectPattern(asked, pattern)];
    },
  };
}

/** What every rule gets. */
export interface Asked {
  readonly access: Access;
  readonly surroundings: Surroundings;
  readonly ruleOf: (id: RuleId) => AnomalyRule | undefined;
  readonly flag: (id: RuleId, why?: Flag['why']) => Flag[];
}
