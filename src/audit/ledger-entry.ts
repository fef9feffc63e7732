/**
 * The compact canonical record that a ledger leaf commits to (D8). FHIR AuditEvent is a rendering
 * of it. It says that and on which ground, never what was in it: no names, no BSN, no clinical
 * text. Field meanings: audit.md section 3 (NEN 7513).
 */

export type RetentionClass = 'care' | 'evidence' | 'pgo' | 'chain' | 'security' | 'ops';

export interface LedgerEvent {
  readonly class: RetentionClass;
  /**
   * Stable name: `read`, `search-type`, `create`, `receive`, `decision`, `consent-change`,
   * `login` …
   */
  readonly event: string;
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  /** 0 done, 4 refused or client's fault, 8 own fault, 12 system down. */
  readonly outcome: 0 | 4 | 8 | 12;
  /** Reason code of a refusal (`nothing-on-record`, `label-gate`, `bsn-eleven-test` …). */
  readonly reason?: string;
  /** Vault id of the person the act is about; the ledger stores a pseudonym of it. */
  readonly patient?: string;
  /** Who acted: kind `person` (then id is a vault id, stored as pseudonym), else an id of ours. */
  readonly agent: {
    readonly kind: 'person' | 'representative' | 'professional' | 'system' | 'auditor' | 'operator';
    readonly id: string;
    readonly role?: string;
    /** Organisation id of the agent. */
    readonly organisation?: string;
    /** On whose behalf (vault id of the represented, or the mandating professional). */
    readonly onBehalfOf?: string;
    readonly address?: string;
  };
  /** Client software: PGO hostname, partner or sender id. */
  readonly client?: string;
  readonly purpose?: string;
  readonly route?: 'own-right' | 'explicit' | 'presumed' | 'emergency' | 'sender' | 'none';
  /** Custodian organisations of what was released or received. */
  readonly holders?: readonly string[];
  /** Rule ids with version that decided, for instance `rule:…@3`. */
  readonly basis?: readonly string[];
  readonly epoch?: number;
  readonly inputsHash?: string;
  readonly obligations?: readonly string[];
  /** What was shown or written: `Type/id@version`, at most 100; above that see `whatDigest`. */
  readonly what?: readonly string[];
  readonly counts?: Readonly<Record<string, number>>;
  readonly released?: number;
  readonly withheld?: number;
  readonly whatDigest?: string;
  /**
   * The question, without values that name a person: path and parameter names with coded values.
   */
  readonly query?: string;
  readonly labels?: readonly string[];
  readonly requestId?: string;
  readonly correlationId?: string;
  readonly tokenId?: string;
  readonly door?: string;
  /** MedMij gegevensdienst, intake format, receipt id, reason text of an emergency … */
  readonly detail?: Readonly<Record<string, string>>;
}

/** Where an event stands once it is durable and numbered. */
export interface Numbered {
  readonly ledger: string;
  readonly seq: number;
  readonly leafHash: string;
}
