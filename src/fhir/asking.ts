/** Who stands at a FHIR door, and what this door lets them ask. */
import type { FastifyRequest } from 'fastify';
import type { FhirVersion } from '../conformance/index.ts';
import type { Release } from '../consent/index.ts';
import type { AccessRequest } from '../permission/index.ts';

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
  readonly pageSizeDefault: number;
  /** BSN leaves only towards care providers, never towards a PGO. */
  readonly maskBsn: boolean;
  /** Headers to put on every answer, for instance the echoed MedMij-Request-ID. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One FHIR door: the same routes, opened for a different kind of visitor. */
export interface FhirDoor {
  readonly release: Release;
  /** @throws Problem `unauthenticated` or `forbidden`. */
  open(request: FastifyRequest): Promise<Asking>;
  /** Public part, without a token: version and base of this door for `/metadata`. */
  describe(request: FastifyRequest): Promise<{
    version: FhirVersion;
    base: string;
    searchTypes?: ReadonlySet<string>;
    readTypes?: ReadonlySet<string>;
  }>;
}
