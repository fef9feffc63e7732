/**
 * Codes of the sender's own that nobody translated yet (capabilities B5): what a resource is about
 * stands only in a local code, so whoever reads it can neither compare nor search it.
 */
import type { Coding, Resource } from '../conformance/index.ts';
import type { MappedResource, SenderOverlay } from './format.ts';

export interface UnknownCode {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
  /** `Observation.code`, `Observation.component.code`. */
  readonly element: string;
}

interface Concept {
  readonly coding?: readonly Coding[];
}

/** Elements that say what a resource is about. Types that only name parties have none. */
const SUBJECT_ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  AllergyIntolerance: ['code'],
  Condition: ['code'],
  DiagnosticReport: ['code'],
  Immunization: ['vaccineCode'],
  Medication: ['code'],
  MedicationAdministration: ['medicationCodeableConcept'],
  MedicationDispense: ['medicationCodeableConcept'],
  MedicationRequest: ['medicationCodeableConcept'],
  MedicationStatement: ['medicationCodeableConcept'],
  Observation: ['code', 'component.code'],
  Procedure: ['code'],
};

/** The untranslated codes of a resource, each once. */
function unknownCodesOf(resource: Resource, overlay: SenderOverlay): UnknownCode[] {
  const found = new Map<string, UnknownCode>();
  for (const path of SUBJECT_ELEMENTS[resource.resourceType] ?? []) {
    for (const concept of conceptsAt(resource, path.split('.'))) {
      const codings = (concept.coding ?? []).filter((one) => typeof one.code === 'string');
      if (codings.length === 0 || !codings.every((one) => isUntranslated(one, overlay))) continue;
      for (const { system = '', code = '', display } of codings) {
        const element = `${resource.resourceType}.${path}`;
        const shown = display === undefined ? {} : { display };
        found.set(`${element}|${system}|${code}`, { system, code, ...shown, element });
      }
    }
  }
  return [...found.values()];
}

function isUntranslated({ system = '', code = '' }: Coding, overlay: SenderOverlay): boolean {
  const isLocal =
    system === '' ||
    system.startsWith(overlay.base) ||
    overlay.localSystems.some((start) => system.startsWith(start));
  return isLocal && overlay.codes[`${system}|${code}`] === undefined;
}

function conceptsAt(value: unknown, path: readonly string[]): Concept[] {
  const values = Array.isArray(value) ? value : [value];
  const objects = values.filter((one) => typeof one === 'object' && one !== null);
  const [name, ...rest] = path;
  if (name === undefined) return objects as Concept[];
  return objects.flatMap((one) => conceptsAt((one as Record<string, unknown>)[name], rest));
}

/**
 * Adds the sender's translations beside the local codes of pushed FHIR. Formats that are mapped
 * have them already; STU3 stays as it came, its translation stands in the R4 form.
 */
export function withTranslations(resource: Resource, overlay: SenderOverlay): Resource {
  const paths = SUBJECT_ELEMENTS[resource.resourceType];
  if (!paths || Object.keys(overlay.codes).length === 0) return resource;
  return paths.reduce<Resource>(
    (made, path) => translated(made, path.split('.'), overlay) as Resource,
    resource,
  );
}

function translated(value: unknown, path: readonly string[], overlay: SenderOverlay): unknown {
  if (Array.isArray(value)) return value.map((one) => translated(one, path, overlay));
  if (typeof value !== 'object' || value === null) return value;
  const [name, ...rest] = path;
  if (name !== undefined) {
    if (!Object.hasOwn(value, name)) return value;
    const inner = (value as Record<string, unknown>)[name];
    return { ...value, [name]: translated(inner, rest, overlay) };
  }
  const { coding = [] } = value as { coding?: Coding[] };
  const added = coding
    .flatMap(({ system = '', code = '' }) => overlay.codes[`${system}|${code}`] ?? [])
    .filter((one) => !coding.some((own) => own.system === one.system && own.code === one.code));
  return added.length === 0 ? value : { ...value, coding: [...coding, ...added] };
}

/** What of a message waits, and every untranslated code in it. */
export interface Sorted {
  /** Empty unless the sender's file says that such items wait. */
  readonly waiting: ReadonlySet<MappedResource>;
  /** Why they wait, each once. */
  readonly reasons: readonly string[];
  readonly codes: readonly UnknownCode[];
}

/** Why an item waits until its local code is translated. */
export const UNKNOWN_CODE = 'unknown-local-code';

/**
 * Sorts the resources of a message by what the sender's file says of untranslated codes, and by
 * what the format says of each.
 */
export function sortByCodes(resources: readonly MappedResource[], overlay: SenderOverlay): Sorted {
  const waiting = new Set<MappedResource>();
  const codes: UnknownCode[] = [];
  const reasons = new Set<string>();
  for (const mapped of resources) {
    if (mapped.waits !== undefined) {
      waiting.add(mapped);
      reasons.add(mapped.waits);
    }
    if (mapped.deleted) continue;
    const found = unknownCodesOf(mapped.resource, overlay);
    if (found.length === 0) continue;
    codes.push(...found);
    if (overlay.unknownCodes === 'keep') continue;
    waiting.add(mapped);
    reasons.add(UNKNOWN_CODE);
  }
  return { waiting, codes, reasons: [...reasons] };
}
