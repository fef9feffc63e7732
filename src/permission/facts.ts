/**
 * What a decision may know about one resource. Written at intake, sealed with the resource, so that
 * deciding needs no second parse of the content.
 */
import type { DataCategory } from './catalogue.ts';

export interface ResourceFacts {
  /** R4 type name. */
  readonly type: string;
  readonly id: string;
  /**
   * Decided as this one, whatever it is itself: the bytes of a document as the document that points
   * at them (consent.md 7.2). Bytes that none points at are a document by themselves, of their own
   * id.
   */
  readonly as?: { readonly type: string; readonly id: string };
  /** Organisation id of the custodian: who holds it, not the server that serves it. */
  readonly custodian: string;
  readonly category: DataCategory | 'none';
  /**
   * Confidentiality and topics: N, R, V, PSY, SUD, SDV, VIO, HIV, STD, SRH, GDIS …, and the marks
   * `third-party` and `hide-from-representative`, `working-note` (never leaves).
   */
  readonly labels: readonly string[];
  /** Those of its labels that it has from its sources only: its own content does not show them. */
  readonly inherited?: readonly string[];
  /** `system|code` of what the resource is about. */
  readonly codes: readonly string[];
  /** `Practitioner/id` or `system|value` of authors. */
  readonly authors: readonly string[];
  /** Clinical date, else recorded: ISO date or dateTime as in the resource. */
  readonly date?: string;
  /** Episodes, encounters and tasks it belongs to: `Type/id`. */
  readonly related: readonly string[];
  /** Not to be shown to anybody but the sender before this instant (source-side embargo). */
  readonly embargoUntil?: string;
}

/** The bytes of another document: they go with it, and are no item of their own. */
export const isPartOfAnother = ({ as, id }: ResourceFacts): boolean =>
  as !== undefined && as.id !== id;
