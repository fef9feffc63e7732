/** What a resource says, as far as it matters for finding the same fact at another source. */
import { type LayTerm, layTermOf, layTextOfMedicine } from './lay-terms.ts';
import type { Coding, Resource } from './resource.ts';

export type TidyKind =
  | 'medication'
  | 'problem'
  | 'allergy'
  | 'vaccination'
  | 'measurement'
  | 'procedure'
  | 'document';

export interface TidyFact {
  readonly kind: TidyKind;
  /** Words of the source. */
  readonly title: string;
  readonly lay: LayTerm | undefined;
  /** Two resources with one of these in common may be the same fact. */
  readonly keys: readonly string[];
  /** `system|code` of what it is about. */
  readonly codes: readonly string[];
  /** Day of the fact, where the day is part of it. */
  readonly day: string | undefined;
  /** Element to what it says there: where two differ, they conflict. */
  readonly critical: Readonly<Record<string, string>>;
}

const KINDS: Readonly<Record<string, TidyKind>> = {
  MedicationRequest: 'medication',
  MedicationStatement: 'medication',
  MedicationDispense: 'medication',
  Condition: 'problem',
  AllergyIntolerance: 'allergy',
  Immunization: 'vaccination',
  Observation: 'measurement',
  Procedure: 'procedure',
  DocumentReference: 'document',
};

interface Concept {
  coding?: Coding[];
  text?: string;
}

/** @param medication the Medication that the resource refers to, if any. */
export function tidyFactOf(resource: Resource, medication?: Resource): TidyFact | undefined {
  const kind = KINDS[resource.resourceType];
  if (!kind) return undefined;
  const concept = conceptOf(resource, kind, medication);
  const codes = (concept?.coding ?? []).flatMap(({ system, code }) =>
    code === undefined ? [] : [`${system ?? ''}|${code}`],
  );
  const title = concept?.text ?? concept?.coding?.find((one) => one.display)?.display ?? '';
  const substance = kind === 'medication' ? substanceOf(title) : undefined;
  const lay = layTermOf(codes) ?? (substance ? layTextOfMedicine(substance) : undefined);
  return {
    kind,
    title,
    lay,
    codes,
    keys: keysOf(kind, resource, { codes, title, substance, lay }),
    day: DAY_COUNTS.has(kind) ? dayOf(resource) : undefined,
    critical: criticalOf(kind, resource, title),
  };
}

const DAY_COUNTS = new Set<TidyKind>(['vaccination', 'measurement', 'procedure']);

function conceptOf(
  resource: Resource,
  kind: TidyKind,
  medication: Resource | undefined,
): Concept | undefined {
  if (kind === 'medication') {
    return (resource['medicationCodeableConcept'] ?? medication?.['code']) as Concept | undefined;
  }
  if (kind === 'vaccination') return resource['vaccineCode'] as Concept | undefined;
  return (kind === 'document' ? resource['type'] : resource['code']) as Concept | undefined;
}

interface Named {
  readonly codes: readonly string[];
  readonly title: string;
  readonly substance: string | undefined;
  readonly lay: LayTerm | undefined;
}

function keysOf(kind: TidyKind, resource: Resource, named: Named): string[] {
  if (kind === 'document') return documentKeys(resource);
  const { codes, title, substance, lay } = named;
  const text = plain(title);
  return [
    ...codes,
    ...(lay ? [`concept|${lay.concept}`] : []),
    ...(substance ? [`substance|${substance}`] : []),
    ...(!substance && text.length > 3 ? [`text|${text}`] : []),
  ].map((key) => `${kind}|${key}`);
}

/** A letter is the same when it says so itself: by its number or its bytes. */
function documentKeys(resource: Resource): string[] {
  const master = resource['masterIdentifier'] as { value?: string } | undefined;
  const contents = (resource['content'] ?? []) as { attachment?: { hash?: string } }[];
  return [
    ...(master?.value ? [`document|${master.value}`] : []),
    ...contents.flatMap(({ attachment }) => (attachment?.hash ? [`hash|${attachment.hash}`] : [])),
  ];
}

/** Words of a product that are no substance: forms, strengths, packages, salts, makers. */
const FORM =
  /^(tablet|tabl?|capsule|caps|mga|msr|filmomhuld|omhuld|dispers|bruis|kauw|smelt|aerosol|inhal.*|drank|druppel.*|zalf|creme|gel|inj.*|infvlst|opl.*|poeder|pdr|susp.*|zetpil|pleister|demo|retard|fo|ec|oros|xr|sr|mr|sachet|stuks?|per|en|voor|patr.*|pdr.*|cass|penfill|dispertablet|hcl|natrium|fosfaat|sulfaat|maleaat|mesilaat|besilaat|sandoz|teva|auro|aurobindo|accord|apotex|mylan|viatris|actavis|centrafarm|ratiopharm|fagron|focus)$/;

/** The substances of a product name: `METOPROLOL TABLET MGA 50MG` is `metoprolol`. */
export function substanceOf(title: string): string | undefined {
  const words = plain(title)
    .split(' ')
    .filter((word) => /^[a-z]{4,}$/.test(word) && !FORM.test(word));
  return words.length === 0 ? undefined : [...new Set(words)].toSorted().join('+');
}

function criticalOf(kind: TidyKind, resource: Resource, title: string): Record<string, string> {
  const said: Record<string, string | undefined> =
    kind === 'medication'
      ? { dose: doseOf(resource), strength: strengthOf(title) }
      : kind === 'measurement'
        ? { value: measuredIn(resource) }
        : {
            clinicalStatus: codeIn(resource['clinicalStatus']),
            verificationStatus: codeIn(resource['verificationStatus']),
            ...(kind === 'allergy' ? { criticality: text(resource['criticality']) } : {}),
            ...(kind === 'procedure' || kind === 'vaccination'
              ? { status: text(resource['status']) }
              : {}),
          };
  return Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
}

interface Dosage {
  text?: string;
  timing?: { repeat?: { frequency?: unknown; period?: unknown; periodUnit?: unknown } };
  doseAndRate?: { doseQuantity?: { value?: unknown; unit?: unknown; code?: unknown } }[];
}

function doseOf(resource: Resource): string | undefined {
  const list = (resource['dosageInstruction'] ?? resource['dosage']) as Dosage[] | undefined;
  const [first] = list ?? [];
  const quantity = first?.doseAndRate?.[0]?.doseQuantity;
  const { frequency, period, periodUnit } = first?.timing?.repeat ?? {};
  if (quantity?.value === undefined) return first?.text ? plain(first.text) : undefined;
  const often = [frequency ?? 1, period ?? 1, periodUnit ?? 'd'].map(String).join('/');
  return `${String(quantity.value)} ${String(quantity.code ?? quantity.unit ?? '')} ${often}`;
}

function strengthOf(title: string): string | undefined {
  return /(?<!\d)(\d+(?:[.,]\d+)?)\s?(mg|ug|mcg|g|ie|ml|%)/i
    .exec(title)?.[0]
    ?.toLowerCase()
    .replace(/\s/g, '');
}

function measuredIn(resource: Resource): string | undefined {
  const quantity = resource['valueQuantity'] as { value?: unknown; code?: unknown } | undefined;
  if (quantity?.value !== undefined)
    return `${String(quantity.value)} ${String(quantity.code ?? '')}`;
  const components = (resource['component'] ?? []) as Resource[];
  const parts = components.map((one) => `${codeIn(one['code']) ?? ''}=${measuredIn(one) ?? ''}`);
  return parts.length > 0
    ? parts.toSorted().join(' ')
    : (codeIn(resource['valueCodeableConcept']) ?? text(resource['valueString']));
}

const DATES = ['effectiveDateTime', 'occurrenceDateTime', 'performedDateTime', 'date'];

function dayOf(resource: Resource): string | undefined {
  const period = (resource['performedPeriod'] ?? resource['effectivePeriod']) as
    | { start?: string }
    | undefined;
  const found = DATES.map((name) => resource[name]).find((one) => typeof one === 'string');
  return (typeof found === 'string' ? found : period?.start)?.slice(0, 10);
}

const codeIn = (value: unknown): string | undefined =>
  (value as Concept | undefined)?.coding?.find((one) => one.code !== undefined)?.code;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function plain(value: string): string {
  return value
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}
