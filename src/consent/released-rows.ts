/** What was released, as the doors get it: without references to the withheld. */
import { dropReferences, type FhirVersion, type Resource } from '../conformance/index.ts';
import type { AccessRequest, Grant, ResourceFacts } from '../permission/index.ts';
import type { Mark } from '../store/index.ts';
import type { ReleaseParts } from './decided.ts';
import { inForm, lyingForm } from './release-form.ts';
import type { ReleasedResource } from './released-resource.ts';
import { mentionsOf } from './row-mentions.ts';
import type { Opened } from './search-pool.ts';
import { withheldAmong } from './withheld-references.ts';

/**
 * References that lead from the shown to the withheld.
 * @param asOf how the record stood when the shown was fetched
 */
export function hiddenFrom(
  parts: ReleaseParts,
  vault: string,
  grant: Grant,
  shown: readonly Opened[],
  version: FhirVersion,
  asOf?: Mark,
): Promise<ReadonlySet<string> | 'moved'> {
  const names = new Set<string>();
  const references = new Set<string>();
  for (const { row } of shown) {
    const { name, mentions } = mentionsOf(row, version);
    names.add(name);
    for (const one of mentions) references.add(one);
  }
  const from = { store: parts.store, sql: parts.database };
  return withheldAmong({ ...from, asOf }, vault, grant, [...references], names);
}

/** One row as the doors give it to whoever asks. */
export function released(
  { row }: Opened,
  version: FhirVersion,
  hidden: ReadonlySet<string>,
  { actor }: Pick<AccessRequest, 'actor'>,
): ReleasedResource {
  if (row.wholeBytes !== undefined) throw new Error('A row would leave without its long texts.');
  const isBound = actor.kind === 'professional' && isLabelled(row.facts);
  const lying = hidden.size === 0 && !isBound ? lyingForm(row, version) : undefined;
  return {
    type: row.type,
    id: row.id,
    version: row.version,
    updated: row.updated,
    deleted: row.deleted,
    custodian: row.custodian,
    ...(lying ? { lying, isKept: row.kept !== undefined } : {}),
    // Neither is looked into for whoever does not ask.
    get size() {
      return row.bytes.length;
    },
    get resource() {
      const form = inForm(row, version);
      if (!form) return { resourceType: row.type };
      const shown = dropReferences(form, version, hidden);
      return isBound ? notToPassOn(shown, version) : shown;
    },
  };
}

/**
 * By what it shows itself: a mark that comes from a source would tell of that source to whoever may
 * not see it.
 */
const isLabelled = ({ labels, inherited = [] }: ResourceFacts): boolean =>
  labels.some((one) => !PLAIN.has(one) && !inherited.includes(one));

/** Not sensitive, or only so towards the person's own side. */
const PLAIN: ReadonlySet<string> = new Set(['N', 'third-party', 'hide-from-representative']);

const PASSED_ON_NEVER = 'NORDSCLCD';

/** Whoever gets what is labelled passes it on to nobody (consent.md 6, NO-REDISCLOSURE). */
function notToPassOn(resource: Resource, version: FhirVersion): Resource {
  const system =
    version.name === 'R4'
      ? 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
      : 'http://hl7.org/fhir/v3/ActCode';
  const { meta } = resource;
  const labels = meta?.security ?? [];
  if (labels.some(({ code }) => code === PASSED_ON_NEVER)) return resource;
  const security = [...labels, { system, code: PASSED_ON_NEVER }];
  return { ...resource, meta: { ...meta, security } };
}
