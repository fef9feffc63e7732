/**
 * Rule tables: YAML in `profiles/mappings/<format>/*.yaml`, checked against a schema, compiled
 * once.
 *
 * A table has `rules` (run in order against the whole message), `templates` (run by a field's
 * `make`) and `ignored` (values left out, each with its reason). A rule with `resource` makes one
 * resource for each node of `each`; without it, it only opens a context for the rules inside it.
 * A rule that says `extend: <id>` adds its fields and rules to another one: that is how a
 * sender's table maps a Z-segment.
 */
import type { CodeTable } from './code-table.ts';
import type { Condition } from './condition.ts';
import type { Converter } from './converter.ts';
import type { IgnoredPlaces } from './ignored-places.ts';
import type { SourcePath } from './path-grammar.ts';
import type { TargetPath } from './target.ts';

export interface Ignored {
  readonly id: string;
  readonly from: readonly SourcePath[];
  readonly because: string;
  readonly when?: Condition;
}

export interface KeyPart {
  readonly path?: SourcePath;
  readonly literal?: string;
  readonly optional: boolean;
}

export interface Field {
  readonly id: string;
  readonly label: string;
  readonly to?: TargetPath;
  readonly append: boolean;
  readonly extension?: string;
  readonly modifier: boolean;
  readonly from: readonly SourcePath[];
  readonly when?: Condition;
  readonly as?: Converter;
  readonly type: string;
  readonly with: ReadonlyMap<string, SourcePath>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly through?: CodeTable;
  readonly value?: unknown;
  readonly fallback?: unknown;
  readonly required: boolean;
  readonly make?: string;
  readonly ref: readonly string[];
  readonly fields: readonly Field[];
}

export interface Rule {
  readonly id: string;
  readonly each: readonly SourcePath[];
  readonly when?: Condition;
  readonly resource?: string;
  readonly profile: readonly string[];
  readonly version: 'R4' | 'STU3';
  /**
   * Alternatives; the first one of which every part that is not optional has a value is the key.
   */
  readonly keys: readonly (readonly KeyPart[])[];
  readonly time: readonly SourcePath[];
  /** An update that speaks only of what it names; `""` then removes what is stored. */
  readonly partial: boolean;
  /** Of one identity: merge them, number them, or keep the latest (a withdrawal before all). */
  readonly same: 'merge' | 'number' | 'latest';
  readonly reads: readonly SourcePath[];
  readonly fields: readonly Field[];
  readonly rules: readonly Rule[];
  readonly ignored: IgnoredPlaces;
}

export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly templates: ReadonlyMap<string, Rule>;
  readonly ignored: IgnoredPlaces;
  readonly codes: ReadonlyMap<string, CodeTable>;
}
