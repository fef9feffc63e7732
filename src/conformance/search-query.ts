/** What a search asks, once read. Conditions carry their test and what SQL may narrow by. */
import type { FhirVersion } from './fhir-version.ts';
import type { Resource } from './resource.ts';
import type { Prefix, TimeRange } from './search-date.ts';
import type { SearchParameter } from './search-parameters.ts';
import type { ReferenceAsked } from './search-reference.ts';
import type { TokenAsked } from './search-token.ts';

/**
 * Ways to other resources. Both must give only what the client may see, in the query's FHIR
 * version.
 */
export interface Neighbours {
  /** The resource at `Type/id` (or an address), as referred to by `from`. */
  readonly resolve: (reference: string, from: Resource) => Resource | undefined;
  /** Resources of a type that may refer to `to`; the search tests exactly. */
  readonly referrers: (type: string, to: Resource) => Iterable<Resource>;
}

export type Test = (resource: Resource, neighbours: Neighbours) => boolean;

/**
 * What is known of a condition without its test, for narrowing in SQL. Absent where nothing is
 * sure.
 */
export type Hint =
  | { readonly by: 'token'; readonly parameter: string; readonly anyOf: readonly TokenAsked[] }
  | {
      readonly by: 'reference';
      readonly parameter: string;
      readonly anyOf: readonly ReferenceAsked[];
    }
  | { readonly by: 'id'; readonly anyOf: readonly string[] }
  | {
      readonly by: 'date';
      readonly parameter: string;
      readonly anyOf: readonly { readonly prefix: Prefix; readonly asked: TimeRange }[];
    };

export interface Condition {
  /** The parameter as the client named it, modifiers and chain included. */
  readonly name: string;
  readonly test: Test;
  readonly hint?: Hint;
  /** Types of other resources that the test may visit (chain, `_has`), in the query's version. */
  readonly visits: readonly string[];
}

export interface Include {
  readonly name: string;
  /** Type whose references are followed; `*` for any. */
  readonly source: string;
  /** Undefined: every reference parameter of the source. */
  readonly parameter?: SearchParameter;
  readonly target?: string;
  readonly iterate: boolean;
}

export interface SortKey {
  readonly parameter: SearchParameter;
  readonly descending: boolean;
}

export type Summary = 'true' | 'text' | 'data' | 'count' | 'false';

export interface SearchQuery {
  readonly version: FhirVersion;
  /** Of several types the first. */
  readonly type: string;
  /** Over several types: the search of each of them. */
  readonly each?: readonly SearchQuery[];
  /** Address below the base, where it is not that of the type. */
  readonly path?: string;
  /** What it is in the compartment of, other than a Patient. */
  readonly compartment?: { readonly type: string; readonly id: string };
  /** All must hold. */
  readonly conditions: readonly Condition[];
  readonly includes: readonly Include[];
  readonly revincludes: readonly Include[];
  /** Only resources of these types may be included, or looked at by a chain; absent: of any. */
  readonly mayInclude?: ReadonlySet<string>;
  /** Of those types, only what this says yes to; absent: any. */
  readonly within?: ((resource: Resource) => boolean) | undefined;
  readonly sort: readonly SortKey[];
  readonly count?: number;
  readonly total?: 'none' | 'estimate' | 'accurate';
  readonly summary?: Summary;
  readonly elements?: readonly string[];
  /** For `Observation/$lastn`: how many of each code. */
  readonly lastnMax?: number;
  /** Parameters that were processed, as sent: the self link. */
  readonly processed: readonly (readonly [string, string])[];
  /** Names of parameters that were left out (lenient handling). */
  readonly ignored: readonly string[];
  /** Our own base addresses. */
  readonly bases: readonly string[];
}

export interface SearchOptions {
  /** `Prefer: handling=strict`: an unknown parameter is refused instead of ignored. */
  readonly strict: boolean;
  readonly lastn?: boolean;
  /** What this door may give beside the matches; absent: any type. */
  readonly mayInclude?: ReadonlySet<string> | undefined;
  readonly within?: ((resource: Resource) => boolean) | undefined;
  /** Our own base addresses: absolute references below them are relative to us. */
  readonly bases?: readonly string[];
  /** For `ap` on dates. */
  readonly now?: Date;
}
