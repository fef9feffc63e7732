/**
 * The one kind of failure that crosses rooms. Below the doors nobody knows a status code; each door
 * turns a Problem into its own dialect (OperationOutcome, OAuth error, ACK, page).
 */

export type ProblemKind =
  | 'invalid' // malformed: cannot be read as what it claims to be
  | 'unprocessable' // well formed, but breaks a rule
  | 'unauthenticated'
  | 'forbidden' // says nothing about a patient's choice: withheld is 'not-found'
  | 'not-found'
  | 'deleted'
  | 'method'
  | 'not-acceptable'
  | 'unsupported-media'
  | 'conflict'
  | 'precondition'
  | 'too-large'
  | 'too-costly'
  | 'not-supported'
  | 'throttled'
  | 'busy' // outage or overload: retry later
  | 'fault'; // our own mistake

/** One more thing that is wrong in the same request. */
export interface FurtherFault {
  readonly code: string;
  readonly message: string;
  readonly expression: readonly string[];
}

export interface ProblemDetails {
  /** Stable machine code in kebab case, for instance `bsn-eleven-test`. Defaults to the kind. */
  readonly code?: string;
  /** Where it is wrong: FHIRPath for FHIR, segment position for HL7 v2, XPath for XML. */
  readonly expression?: readonly string[];
  /** What else is wrong, so that a sender can mend it all at once. */
  readonly further?: readonly FurtherFault[];
  readonly retryAfterSeconds?: number;
  /** `Type/id` of what took the place of what is gone. */
  readonly replacedBy?: string;
  readonly cause?: unknown;
}

/** Message and expression may reach the other side: never put patient data or internals in them. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly code: string;
  readonly expression: readonly string[];
  readonly further: readonly FurtherFault[];
  readonly retryAfterSeconds: number | undefined;
  readonly replacedBy: string | undefined;

  constructor(kind: ProblemKind, message: string, details: ProblemDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'Problem';
    this.kind = kind;
    this.code = details.code ?? kind;
    this.expression = details.expression ?? [];
    this.further = details.further ?? [];
    this.replacedBy = details.replacedBy;
    this.retryAfterSeconds = details.retryAfterSeconds ?? (kind === 'busy' ? 5 : undefined);
  }

  /** Whatever is not a Problem is a fault (or an outage), and its own text stays in the log. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (isOutage(error)) {
      return new Problem('busy', 'The service is temporarily unavailable.', { cause: error });
    }
    return new Problem('fault', 'An unexpected fault occurred.', { cause: error });
  }
}

/**
 * PostgreSQL class 08 (connection), 28 and 3D (it does not know us, or the database), 53
 * (resources), 58 (its system), 57P (shutdown), 40 (retry), and errors of the system.
 */
const OUTAGE_SQLSTATE = /^(08|28|3D000|53|58|57P0|40001|40P01|55P03|25006|57014)/;
const OUTAGE_SYSTEM = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EIO',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ENOENT',
  'ENOSPC',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** How errors of the driver begin that have no code. */
const LINE_BROKE = [
  'Connection terminated',
  'Client has encountered',
  'Client was closed',
  'Query read timeout',
  'timeout exceeded when trying to',
  'timeout expired',
];

/** True when the database or the line to it failed: the caller may try again later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') {
    return OUTAGE_SQLSTATE.test(code) || OUTAGE_SYSTEM.has(code);
  }
  return LINE_BROKE.some((beginning) => error.message.startsWith(beginning));
}
