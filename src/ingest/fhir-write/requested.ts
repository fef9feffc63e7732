/** A write that was asked for over FHIR, read but not yet looked at against the record. */
import type {
  FhirPathOperation,
  FhirVersion,
  JsonPatchOperation,
  Resource,
} from '../../conformance/index.ts';
import type { AccessRequest } from '../../permission/index.ts';
import type { Sender } from '../handling.ts';

export type Patch =
  | { readonly kind: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly kind: 'fhirpath'; readonly operations: readonly FhirPathOperation[] };

export interface Requested {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Type in the FHIR version of the door. */
  readonly type: string;
  readonly id?: string;
  /** Search parameters of a conditional update, patch or delete; `If-None-Exist` of a create. */
  readonly condition?: readonly (readonly [string, string])[];
  /** The version that must be current (`If-Match`). */
  readonly ifVersion?: number;
  /** One of these versions must be current (`If-Match` with several tags, or `*` for any). */
  readonly ifSome?: readonly number[] | 'any';
  /** `If-None-Match: *`: only when there is none. */
  readonly onlyIfNone?: boolean;
  /** Versions of which none may be current (`If-None-Match` with tags). */
  readonly notVersions?: readonly number[];
  readonly fullUrl?: string;
  /** By which other entries call it, though it is given another. */
  readonly calledId?: string;
  readonly resource?: Resource;
  readonly patch?: Patch;
  /** Where it stands in what was sent, for errors: `Bundle.entry[3]`; empty for the body itself. */
  readonly place: string;
}

export interface Written {
  /** Type in the version of the door. */
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  /**
   * `exists`: a conditional create found one. `gone`: a delete that had nothing left to delete.
   * `absent`: a delete of what never was; its version is 0, and its id empty after a condition.
   */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'deleted' | 'exists' | 'gone' | 'absent';
  /** As stored, in the version of the door; absent when nothing was written. */
  readonly resource?: Resource;
}

export interface Writer {
  readonly access: AccessRequest;
  readonly sender: Sender;
  readonly version: FhirVersion;
  /** Addresses of our own: absolute references below them are relative to us. */
  readonly bases: readonly string[];
}
