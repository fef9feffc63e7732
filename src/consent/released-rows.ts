/** What was released, as the doors get it: without references to the withheld. */
import { dropReferences, type FhirVersion } from '../conformance/index.ts';
import type { Grant } from '../permission/index.ts';
import type { ReleaseParts } from './decided.ts';
import { inForm, lyingForm } from './release-form.ts';
import type { ReleasedResource } from './released-resource.ts';
import { mentionsOf } from './row-mentions.ts';
import type { Opened } from './search-pool.ts';
import { withheldAmong } from './withheld-references.ts';

/** References that lead from the shown to the withheld. */
export function hiddenFrom(
  parts: ReleaseParts,
  vault: string,
  grant: Grant,
  shown: readonly Opened[],
  version: FhirVersion,
): Promise<ReadonlySet<string> | 'moved'> {
  const names = new Set<string>();
  const references = new Set<string>();
  for (const { row } of shown) {
    const { name, mentions } = mentionsOf(row, version);
    names.add(name);
    for (const one of mentions) references.add(one);
  }
  const from = { store: parts.store, sql: parts.database };
  return withheldAmong(from, vault, grant, [...references], names);
}

/** One row as the doors get it. */
export function released(
  { row }: Opened,
  version: FhirVersion,
  hidden: ReadonlySet<string>,
): ReleasedResource {
  const lying = hidden.size === 0 ? lyingForm(row, version) : undefined;
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    updated: row.updated,
    deleted: row.deleted,
    custodian: row.custodian,
    ...(lying ? { lying, isKept: row.kept !== undefined } : {}),
    // Read as JSON only for whoever looks into it.
    get resource() {
      const form = inForm(row, version);
      return form ? dropReferences(form, version, hidden) : { resourceType: row.type };
    },
  };
}
