/**
 * What went wrong, in FHIR's words. Problems become an OperationOutcome here and nowhere else.
 * https://hl7.org/fhir/R4/operationoutcome.html
 */
import type { Problem, ProblemKind } from '../platform/problem.ts';
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';

export interface Issue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information';
  /** FHIR IssueType, R4 spelling; STU3's older code is put in on writing. */
  readonly code: string;
  /** Our stable code in kebab case. */
  readonly detail?: string;
  /** A plain sentence without any value of the data. */
  readonly text: string;
  /** FHIRPath of the element. */
  readonly expression?: readonly string[];
}

/** The code system of our stable codes. */
export const OUTCOME_SYSTEM = 'https://zorgsluis.example/fhir/CodeSystem/outcome';

interface Answer {
  readonly status: number;
  readonly code: string;
}

/**
 * Every kind has a status and an issue code, or this does not compile. 401 and 403 both say
 * `security`, as the MedMij rules on errors ask.
 */
const ANSWER: Readonly<Record<ProblemKind, Answer>> = {
  invalid: { status: 400, code: 'invalid' },
  unprocessable: { status: 422, code: 'processing' },
  unauthenticated: { status: 401, code: 'security' },
  forbidden: { status: 403, code: 'security' },
  'not-found': { status: 404, code: 'not-found' },
  deleted: { status: 410, code: 'deleted' },
  method: { status: 405, code: 'not-supported' },
  'not-acceptable': { status: 406, code: 'not-supported' },
  'unsupported-media': { status: 415, code: 'not-supported' },
  conflict: { status: 409, code: 'conflict' },
  precondition: { status: 412, code: 'conflict' },
  'too-large': { status: 413, code: 'too-long' },
  'too-costly': { status: 422, code: 'too-costly' },
  'not-supported': { status: 404, code: 'not-supported' },
  throttled: { status: 429, code: 'throttled' },
  busy: { status: 503, code: 'transient' },
  fault: { status: 500, code: 'exception' },
};

/** Stable codes of problems that FHIR has a word of its own for. */
const CODE_OF_DETAIL: Readonly<Record<string, string>> = { 'multiple-matches': 'multiple-matches' };

/**
 * An OperationOutcome of these issues; without any it says that all is well. The text of an issue
 * must not hold personal data.
 */
export function operationOutcome(issues: readonly Issue[], version: FhirVersion): Resource {
  const said: readonly Issue[] =
    issues.length > 0
      ? issues
      : [{ severity: 'information', code: 'informational', text: 'All is well.' }];
  return {
    resourceType: 'OperationOutcome',
    issue: said.map((issue) => ({
      severity: issue.severity,
      code: version.issueFallback[issue.code] ?? issue.code,
      ...(issue.detail === undefined
        ? {}
        : { details: { coding: [{ system: OUTCOME_SYSTEM, code: issue.detail }] } }),
      diagnostics: issue.text,
      ...(issue.expression === undefined || issue.expression.length === 0
        ? {}
        : { expression: [...issue.expression] }),
    })),
  };
}

/**
 * HTTP status and body of a problem. A resource type that is not served is 404; an interaction or
 * operation that is not (`code` beginning with `interaction` or `operation`) is 501, a parameter or
 * modifier of a search that is not (`search-`) is 400.
 */
export function outcomeOf(
  problem: Problem,
  version: FhirVersion,
): { readonly status: number; readonly body: Resource } {
  const answer = ANSWER[problem.kind];
  // A search that asks what we lack is a faulty request, not a missing address.
  const isSearch = problem.kind === 'not-supported' && problem.code.startsWith('search-');
  const isInteraction =
    problem.kind === 'not-supported' && /^(?:interaction|operation)/.test(problem.code);
  const issues = [problem, ...problem.further].map(
    ({ code, message, expression }): Issue => ({
      severity: problem.kind === 'fault' ? 'fatal' : 'error',
      code: CODE_OF_DETAIL[code] ?? answer.code,
      detail: code,
      text: message,
      expression,
    }),
  );
  return {
    status: isInteraction ? 501 : isSearch ? 400 : answer.status,
    body: operationOutcome(issues, version),
  };
}
