/** Who stands at a FHIR door, and what this door lets them ask. */
import type { FastifyRequest } from 'fastify';
import type { BundleEntry, FhirVersion, ProfileShelf, Resource } from '../conformance/index.ts';
import type { Exports, RecordViews, Release } from '../consent/index.ts';
import type { FhirWrites, Sender, SharedAnswer, Written } from '../ingest/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import type { FhirActor } from './interactions.ts';

export interface Asking {
  readonly access: AccessRequest;
  /** The vault when the token itself names the person (PGO, own pages). */
  readonly vault?: string;
  readonly version: FhirVersion;
  /** Absolute base URL as published; links and fullUrls start with it. */
  readonly base: string;
  /** Types (of this version) that may be searched, and read; absent: all. */
  readonly searchTypes?: ReadonlySet<string>;
  readonly readTypes?: ReadonlySet<string>;
  /** The registered sender that may write here, for its own organisation. */
  readonly writer?: Sender;
  /** What is there already is not shown: the token does not cover reading. */
  readonly sendsOnly?: true;
  /** By type, the search that this door is limited to; reads are limited alike. */
  readonly only?: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  /** By type, the includes that come with a search on it unasked. */
  readonly alongside?: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  /** Told beside every answer to a search. */
  readonly notes?: readonly { readonly code: string; readonly text: string }[];
  /** An empty answer says that nothing is recorded: the same, whatever the reason. */
  readonly tellsEmpty?: boolean;
  /** What a person may send through an app here (MedMij: Delen). */
  readonly sharing?: Sharing;
  /** What a question of this visitor may not say, where it stands in a bundle. @throws Problem */
  checkParams?(params: readonly (readonly [string, string])[]): void;
  readonly pageSizeDefault: number;
  /** Hears of each resource that is given, how many bytes it has in the store. */
  gave?(bytes: number): void;
  /** BSN leaves only towards care providers, never towards a PGO. */
  readonly maskBsn: boolean;
}

/** What the app of a person may do beyond looking. */
export interface Sharing {
  /** Absent: no bundle of this kind is taken here. */
  bundle?(kind: 'batch' | 'transaction', entries: readonly BundleEntry[]): Promise<SharedAnswer>;
  /** Told with what was sent, for instance what happens to a request. */
  readonly acknowledgement?: string;
  /** Absent: nothing is taken by itself. */
  create?(resource: Resource): Promise<Written>;
  /** Absent: nothing is changed here. @param ifVersion only if it is of this version. */
  update?(resource: Resource, ifVersion?: number): Promise<Written>;
}

/** What a door says of itself to anybody. */
export interface Described {
  readonly version: FhirVersion;
  readonly base: string;
  readonly searchTypes?: ReadonlySet<string>;
  readonly readTypes?: ReadonlySet<string>;
  /** Whom this door is for, as long as no token tells more. */
  readonly actor: FhirActor;
  readonly security?: {
    readonly description: string;
    readonly token: string;
    readonly smart: true;
  };
  /** What a token needs to cover here. */
  readonly scope?: string;
  /** Headers to put on every answer, refusals as well. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One FHIR door: the same routes, opened for a different kind of visitor. */
export interface FhirDoor {
  readonly release: Release;
  readonly views: RecordViews;
  /** Absent where nothing is exported. */
  readonly exports?: Exports;
  /** Absent where nobody writes. */
  readonly writes?: FhirWrites;
  /** Profiles that `$validate` knows; absent: none. */
  readonly profiles?: ProfileShelf;
  /** @throws Problem `unauthenticated` or `forbidden`. */
  open(request: FastifyRequest): Promise<Asking>;
  /** Public part, without a token: version and base of this door for `/metadata`. */
  describe(request: FastifyRequest): Promise<Described>;
}
