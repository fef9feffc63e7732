/** What a resource is derived from, as it says itself: references to what decides along with it. */
import type { Resource } from '../conformance/index.ts';
import type { ResourceWrite } from '../store/index.ts';

/** Where the references to the sources of a derived type stand; `*` within itself, however deep. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  List: ['entry.item'],
  Provenance: ['target'],
  DiagnosticReport: ['result', 'media.link', 'resultsInterpreter'],
  Observation: ['hasMember', 'derivedFrom', 'related.target'],
  Composition: ['section*.entry'],
  DocumentManifest: ['content'],
};

/** R4 names of the types that are derived of others, or named by them. */
export const DERIVED = [...Object.keys(SOURCES), 'DocumentReference', 'Binary'];

/** A write, or a row of the store. */
export type Linkable = Pick<ResourceWrite, 'type' | 'id' | 'facts' | 'bytes'> & {
  readonly r4?: Buffer | undefined;
  /** The same without its bulk, where making its bytes is much. */
  readonly outline?: Buffer;
  readonly deleted?: boolean;
};

const PANEL_NAMES = ['"hasMember"', '"derivedFrom"', '"related"'].map((name) => Buffer.from(name));

/** Whatever stands in it; of a measurement its content says it. @param type R4 name */
export const isAlwaysDerived = (type: string): boolean =>
  type !== 'Observation' && DERIVED.includes(type);

/** A measurement is seldom a panel: that is seen without reading it. */
export function isDerivedFrom(write: Linkable): boolean {
  if (write.type !== 'Observation') return isAlwaysDerived(write.type);
  const { bytes } = write;
  return PANEL_NAMES.some((name) => bytes.includes(name));
}

/**
 * The resource as which a Binary is treated (https://hl7.org/fhir/R4/binary.html). A Patient says
 * only whose it is: that somebody is known is open to more than a document of theirs.
 */
export function contextOf(write: Linkable): { context?: string } {
  const { type, deleted } = write;
  if (type !== 'Binary' || deleted) return {};
  // Seen without reading what may be 50 MB; in base64 there are no quotes.
  const form = write.outline ?? write.r4 ?? write.bytes;
  const at = form.indexOf(SAID);
  if (at < 0) return {};
  const said = REFERENCE.exec(form.toString('utf8', at + SAID.length, at + SAID_WITHIN))?.[1];
  const context = localName(said ?? referenceIn(form));
  return context === undefined || context.startsWith('Patient/') ? {} : { context };
}

const SAID = '"securityContext":';
const SAID_WITHIN = 512;
const REFERENCE = /^\s*\{\s*"reference"\s*:\s*"([^"\\]*)"/;

function referenceIn(form: Buffer): string {
  const { securityContext } = JSON.parse(form.toString('utf8')) as {
    securityContext?: { reference?: unknown };
  };
  return String(securityContext?.reference);
}

/** Its R4 form. */
export function formOf(write: Linkable): Resource {
  return JSON.parse((write.r4 ?? write.bytes).toString('utf8')) as Resource;
}

/** `Type/id` of what it is derived from. */
export function sourcesOf(resource: Resource): string[] {
  const paths = SOURCES[resource.resourceType] ?? [];
  return paths.flatMap((path) =>
    valuesAt(resource, path.split('.')).flatMap((value) => {
      const { reference } = (value ?? {}) as { reference?: unknown };
      return typeof reference === 'string' ? (localName(reference) ?? []) : [];
    }),
  );
}

/** `Binary/id` of the bytes that a document names. */
export function contentsOf(resource: Resource): string[] {
  if (resource.resourceType !== 'DocumentReference') return [];
  return valuesAt(resource, ['content', 'attachment', 'url']).flatMap((url) =>
    typeof url === 'string' ? (localName(url) ?? []) : [],
  );
}

/**
 * By whatever address it is named: as ours, or as that of the server of its sender, which keeps its
 * ids here. Of another that has the same id too much is closed, never too little.
 */
function localName(reference: string): string | undefined {
  return NAMED.exec(reference)?.[1];
}

const NAMED =
  /^(?:https?:\/\/[^?#]+\/)?([A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/?#]+)?(?:#.*)?$/;

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const values = Array.isArray(value) ? value : [value];
  const [name, ...rest] = path;
  if (name === undefined) return values;
  if (name.endsWith('*')) {
    const inner = valuesAt(values, [name.slice(0, -1)]);
    return inner.length === 0 ? [] : [...valuesAt(inner, rest), ...valuesAt(inner, path)];
  }
  return values.flatMap((one) =>
    typeof one === 'object' && one !== null && Object.hasOwn(one, name)
      ? valuesAt((one as Record<string, unknown>)[name], rest)
      : [],
  );
}
