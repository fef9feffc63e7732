/** One row of the record, as it is written and as it is opened. */
import type { FhirVersion } from '../conformance/index.ts';
import type { ResourceFacts } from '../permission/index.ts';

/** A version of a resource to be written. `bytes` are kept as they came. */
export interface ResourceWrite {
  /** R4 type name, also for STU3 content. */
  readonly type: string;
  /** Logical id as it is served; 1-64 of [A-Za-z0-9-.]. */
  readonly id: string;
  /** Organisation id; ids are unique per custodian. */
  readonly custodian: string;
  readonly native: FhirVersion['name'];
  /**
   * JSON of the native form, with meta as it came (versionId and lastUpdated are set at serving).
   */
  readonly bytes: Buffer;
  /** JSON of the R4 form when the native form is STU3. */
  readonly r4?: Buffer | undefined;
  readonly facts: ResourceFacts;
  /**
   * Plain search tokens `parameter|system|code` from conformance; the store keys and hashes them.
   */
  readonly tokens: readonly string[];
  /** Months the resource's clinical date touches, `2026-03`; the store keys and hashes them. */
  readonly months: readonly string[];
  /** The original message it came from. */
  readonly originalId?: string;
  /**
   * Time of the content in the source (MSH-7, OBX-14, author time): older never overwrites newer.
   */
  readonly sourceTime?: string;
  /**
   * How far the source is with it: a lower one never overwrites a higher one below
   * `STANDING_ENDED`, whatever the time; from there on the time counts, and a tie goes to the
   * higher one.
   */
  readonly standing?: number;
  /** Times of the source of elements that it said earlier or later than the whole. */
  readonly elementTimes?: Readonly<Record<string, string>>;
  /** Which mapping made it of the original. */
  readonly mapping?: string;
  /** A tombstone: not in view. Bytes are empty, or what was said of what has yet to come. */
  readonly deleted?: boolean;
}

export interface StoredResource {
  readonly vault: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly custodian: string;
  readonly updated: Date;
  readonly native: FhirVersion['name'];
  readonly deleted: boolean;
  readonly facts: ResourceFacts;
  readonly bytes: Buffer;
  readonly r4?: Buffer | undefined;
  readonly originalId?: string;
  readonly sourceTime?: string;
  readonly standing?: number;
  readonly elementTimes?: Readonly<Record<string, string>>;
  readonly mapping?: string;
  /**
   * Long texts of base64 were cut out of it for whoever does not look at them: so many bytes it is
   * with them. It may not be given away like that.
   */
  readonly wholeBytes?: number | undefined;
  /** Nobody who asked may look into it: its content was not fetched, and there is none to see. */
  readonly isClosed?: boolean;
  /** The same object serves again for a while: what is found out about it is worth remembering. */
  readonly kept?: Kept;
}

/** Of a row that is kept, among others, within limits. */
export interface Kept {
  /** What was found out about it and is remembered with it takes about so many bytes. */
  grow(bytes: number): void;
}

/** From here on a standing is an end: cancelled, taken back. */
export const STANDING_ENDED = 9;
