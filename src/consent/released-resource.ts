/** What may leave, as the doors get it. */
import type { Resource, SearchQuery } from '../conformance/index.ts';

export interface ReleasedResource {
  /** R4 type name; `resource.resourceType` is that of the version asked. */
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  readonly deleted: boolean;
  /** The source took it back: that is all there is to say of it, */
  readonly withdrawn?: boolean;
  /** and what took its place, `Type/id`. */
  readonly replacedBy?: string;
  /** Organisation id of the custodian: which source it came from. */
  readonly custodian: string;
  /** In the FHIR version that was asked for. */
  readonly resource: Resource;
  /** The JSON of `resource` as it lies in the store, where nothing was taken out of it. */
  readonly lying?: Buffer;
  /** Bytes of what lies in the store, whether or not it leaves as it lies. */
  readonly size: number;
  /** The same `lying` serves again for a while. */
  readonly isKept?: boolean;
}

export interface SearchAnswer {
  /** Random id of this answer; also in the ledger. */
  readonly id: string;
  readonly at: Date;
  readonly query: SearchQuery;
  readonly matches: readonly ReleasedResource[];
  readonly included: readonly ReleasedResource[];
  /** Released matches over all pages; undefined when `_total=none`. */
  readonly total?: number;
  /** Cursor of the next page. */
  readonly next?: string;
}
