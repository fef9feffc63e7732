/**
 * FHIR Consents among the choices of a case: read as those of a holder or of the register are, so
 * that a decision can be tried with the very resource. consent.md 3.1, 3.2.
 */
import { CONSENT_SYSTEMS, fromFhirConsent } from '../consent/index.ts';
import { type CaseFile, type ConsentRule, localInstant } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

/** A case file may say which code systems of its Consents stand for ours. */
export type FileWithConsents = CaseFile & {
  readonly systems?: Readonly<Record<string, keyof typeof CONSENT_SYSTEMS>>;
};

export interface CaseWithConsents {
  /** The case with what it says in the compact form. */
  readonly compact: DecisionCase;
  readonly rules: readonly ConsentRule[];
  /** What cannot be read, each with its place. */
  readonly mistakes: readonly string[];
}

type DecisionCase = CaseFile['cases'][number];
type Given = Readonly<Record<string, unknown>>;

/** @param place of the case in the file, for the mistakes. */
export function readConsents(
  file: FileWithConsents,
  one: DecisionCase,
  place: string,
): CaseWithConsents {
  const given: readonly unknown[] = Array.isArray(one?.consents) ? one.consents : [];
  if (!given.some(isConsent)) return { compact: one, rules: [], mistakes: [] };
  const rules: ConsentRule[] = [];
  const mistakes: string[] = [];
  for (const [at, consent] of given.entries()) {
    if (!isConsent(consent)) continue;
    try {
      rules.push(...rulesOf(file, one, consent));
    } catch (error) {
      const { message, expression = [] } = Problem.from(error);
      mistakes.push(`${place}.consents[${at}]: ${expression.join(', ')}: ${message}`);
    }
  }
  const compact = { ...one, consents: one.consents.filter((rule) => !isConsent(rule)) };
  return { compact, rules, mistakes };
}

const isConsent = (value: unknown): value is Given & { resourceType: 'Consent' } =>
  (value as Given | null)?.['resourceType'] === 'Consent';

function rulesOf(
  file: FileWithConsents,
  one: DecisionCase,
  consent: Given & { resourceType: 'Consent' },
): ConsentRule[] {
  const { reference } = (consent['patient'] ?? {}) as { reference?: unknown };
  if (typeof reference === 'string' && reference !== `Patient/${one.patient?.id}`) {
    throw new Problem('unprocessable', 'It is about somebody else.', {
      expression: ['Consent.patient'],
    });
  }
  const organisations = Object.entries(file.organisations ?? {});
  const read = fromFhirConsent(consent, {
    at: localInstant(String(one.now)) ?? new Date(Number.NaN),
    aliases: systemsOf(file),
    organisationOf: (_system, value) =>
      organisations.find(([name, { ura }]) => ura === value || name === value)?.[0],
  });
  // Nobody has to prove that he may refuse: what names nobody is the patient's.
  return read.map((rule) =>
    rule.type === 'deny' && rule.performers.length === 0
      ? { ...rule, performers: [{ rel: 'self' }] }
      : rule,
  );
}

function systemsOf({ systems }: FileWithConsents): NonNullable<FileWithConsents['systems']> {
  const known = Object.entries(systems ?? {}).filter(([, name]) =>
    Object.hasOwn(CONSENT_SYSTEMS, name),
  );
  return Object.fromEntries(known);
}
