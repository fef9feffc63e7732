/** What a row refers to, found in its bytes as they lie where that can be told from them. */
import type { FhirVersion } from '../conformance/index.ts';
import type { StoredResource } from '../store/index.ts';
import { namedReferences } from './named-references.ts';
import { inForm, lyingForm } from './release-form.ts';
import { referencesOf } from './withheld-references.ts';

export interface RowMentions {
  /** `Type/id` of the row itself in the version asked. */
  readonly name: string;
  /** `Type/id` or `Type/id/_history/n` in that version. */
  readonly mentions: readonly string[];
}

const found = new WeakMap<StoredResource, Map<string, RowMentions>>();

/** @returns nothing mentioned for a tombstone. Of a row that was looked at before it is known. */
export function mentionsOf(row: StoredResource, version: FhirVersion): RowMentions {
  const known = found.get(row)?.get(version.name);
  if (known) return known;
  const mentions = lookFor(row, version);
  if (!row.kept) return mentions;
  const all = found.get(row) ?? new Map<string, RowMentions>();
  found.set(row, all.set(version.name, mentions));
  return mentions;
}

function lookFor(row: StoredResource, version: FhirVersion): RowMentions {
  // What names a resource is ASCII, so the bytes need not be read as letters.
  const text = lyingForm(row, version)?.toString('latin1');
  const type = text && TYPE_FIRST.exec(text)?.[1];
  const mentions = text && namedReferences(text);
  if (type && mentions) return { name: `${type}/${row.id}`, mentions };
  const form = inForm(row, version);
  if (!form) return { name: `${row.type}/${row.id}`, mentions: [] };
  return { name: `${form.resourceType}/${row.id}`, mentions: [...referencesOf([form])] };
}

const TYPE_FIRST = /^\{"resourceType":"([A-Za-z]+)"/;
