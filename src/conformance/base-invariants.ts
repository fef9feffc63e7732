/**
 * Invariants of the base specification that guard meaning, as plain functions: a FHIRPath engine on
 * the way in would cost more than all the rest. Keys are those of the specification. Those
 * published faulty (obs-7, con-3, con-4, ref-1, bdl-8) are read as meant.
 */
import { isObject } from './fhir-json.ts';

type Json = Record<string, unknown>;

export interface Invariant {
  readonly key: string;
  readonly text: string;
  readonly severity?: 'error' | 'warning';
  readonly versions?: readonly ('R4' | 'STU3')[];
  readonly holds: (element: Json) => boolean;
}

const R4_ONLY = ['R4'] as const;
const STU3_ONLY = ['STU3'] as const;

const has = (element: Json, name: string): boolean =>
  element[name] !== undefined || element[`_${name}`] !== undefined;
const starts = (element: Json, prefix: string): boolean =>
  Object.keys(element).some((key) => key.startsWith(prefix) || key.startsWith(`_${prefix}`));
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const codings = (concept: unknown): Json[] => (isObject(concept) ? list(concept['coding']) : []);
const hasCode = (concept: unknown, code: string): boolean =>
  codings(concept).some((coding) => coding['code'] === code);

/** Neither precision nor zone may decide: only what is certainly reversed is wrong. */
function inOrder(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  if (start.length > 10 && end.length > 10) {
    const [from, to] = [Date.parse(start), Date.parse(end)];
    return Number.isNaN(from) || Number.isNaN(to) || from <= to;
  }
  const length = Math.min(start.length, end.length, 10);
  return start.slice(0, length) <= end.slice(0, length);
}

function sameUnitInOrder(range: Json): boolean {
  const { low, high } = range;
  if (!isObject(low) || !isObject(high)) return true;
  if (low['code'] !== high['code'] || low['system'] !== high['system']) return true;
  if (low['value'] === undefined || high['value'] === undefined) return true;
  return Number(low['value']) <= Number(high['value']);
}

/** obs-7: an observation with a value must not have a component with the same code. */
function noComponentRepeatsCode(observation: Json): boolean {
  if (!starts(observation, 'value')) return true;
  const own = new Set(
    codings(observation['code']).map((c) => `${String(c['system'])}|${String(c['code'])}`),
  );
  return !list(observation['component']).some((component) => {
    const theirs = codings(component['code']).map(
      (c) => `${String(c['system'])}|${String(c['code'])}`,
    );
    return theirs.length > 0 && theirs.length === own.size && theirs.every((code) => own.has(code));
  });
}

/** ref-1 at the root: every `#id` that is used must be contained. */
function fragmentsResolve(resource: Json): boolean {
  const ids = new Set(list(resource['contained']).map((inner) => `#${String(inner['id'])}`));
  return everyFragment(resource, (fragment) => fragment === '#' || ids.has(fragment));
}

function everyFragment(value: unknown, holds: (fragment: string) => boolean): boolean {
  if (Array.isArray(value)) {
    for (const one of value) if (!everyFragment(one, holds)) return false;
    return true;
  }
  if (!isObject(value)) return true;
  for (const name of Object.keys(value)) {
    const inner = value[name];
    if (name === 'reference' && typeof inner === 'string') {
      if (inner.startsWith('#') && !holds(inner)) return false;
    } else if (typeof inner === 'object' && !isEntryBody(name, inner)) {
      if (!everyFragment(inner, holds)) return false;
    }
  }
  return true;
}

/** A resource inside a Bundle has its own contained resources. */
const isEntryBody = (name: string, inner: unknown): boolean =>
  name === 'resource' && isObject(inner) && inner['resourceType'] !== undefined;

const NO_CONTAINED = new Set(['Bundle', 'Parameters', 'Binary']);

const INVARIANTS: Readonly<Record<string, readonly Invariant[]>> = {
  Extension: [
    {
      key: 'ext-1',
      text: 'An extension has either extensions or a value, not both.',
      holds: (e) => has(e, 'extension') !== starts(e, 'value'),
    },
  ],
  Period: [
    {
      key: 'per-1',
      text: 'A period must not end before it begins.',
      holds: (e) => inOrder(e['start'], e['end']),
    },
  ],
  Quantity: [
    {
      key: 'qty-3',
      text: 'A unit code needs its system.',
      holds: (e) => !has(e, 'code') || has(e, 'system'),
    },
  ],
  Range: [
    { key: 'rng-2', text: 'The low end must not be above the high end.', holds: sameUnitInOrder },
  ],
  ContactPoint: [
    {
      key: 'cpt-2',
      text: 'A contact value needs its system.',
      holds: (e) => !has(e, 'value') || has(e, 'system'),
    },
  ],
  Attachment: [
    {
      key: 'att-1',
      text: 'Data needs its content type.',
      holds: (e) => !has(e, 'data') || has(e, 'contentType'),
    },
  ],
  'Timing.repeat': [
    {
      key: 'tim-1',
      text: 'A duration needs its unit.',
      holds: (e) => !has(e, 'duration') || has(e, 'durationUnit'),
    },
    {
      key: 'tim-2',
      text: 'A period needs its unit.',
      holds: (e) => !has(e, 'period') || has(e, 'periodUnit'),
    },
  ],
  'Patient.contact': [
    {
      key: 'pat-1',
      text: 'A contact needs a name, telecom, address or organisation.',
      holds: (e) => ['name', 'telecom', 'address', 'organization'].some((name) => has(e, name)),
    },
  ],
  Organization: [
    {
      key: 'org-1',
      text: 'An organisation needs an identifier or a name.',
      holds: (e) => has(e, 'identifier') || has(e, 'name'),
    },
  ],
  Observation: [
    {
      key: 'obs-6',
      text: 'A reason for absence stands only where there is no value.',
      holds: (e) => !has(e, 'dataAbsentReason') || !starts(e, 'value'),
    },
    {
      key: 'obs-7',
      text: 'With a value there must be no component with the same code.',
      holds: noComponentRepeatsCode,
    },
  ],
  'Observation.referenceRange': [
    {
      key: 'obs-3',
      text: 'A reference range needs a low end, a high end or text.',
      holds: (e) => has(e, 'low') || has(e, 'high') || has(e, 'text'),
    },
  ],
  Condition: [
    {
      key: 'con-4',
      text: 'Abatement needs the clinical status inactive, resolved or remission.',
      versions: R4_ONLY,
      holds: (e) =>
        !starts(e, 'abatement') ||
        ['resolved', 'remission', 'inactive'].some((code) => hasCode(e['clinicalStatus'], code)),
    },
    {
      key: 'con-5',
      text: 'A condition entered in error has no clinical status.',
      versions: R4_ONLY,
      holds: (e) =>
        !hasCode(e['verificationStatus'], 'entered-in-error') || !has(e, 'clinicalStatus'),
    },
    {
      key: 'con-3',
      text: 'Clinical status is required unless entered in error.',
      versions: STU3_ONLY,
      holds: (e) => e['verificationStatus'] === 'entered-in-error' || has(e, 'clinicalStatus'),
    },
  ],
  AllergyIntolerance: [
    {
      key: 'ait-1',
      text: 'Clinical status is required unless entered in error.',
      holds: (e) => isInError(e['verificationStatus']) || has(e, 'clinicalStatus'),
    },
    {
      key: 'ait-2',
      text: 'An allergy entered in error has no clinical status.',
      holds: (e) => !isInError(e['verificationStatus']) || !has(e, 'clinicalStatus'),
    },
  ],
  Bundle: [
    {
      key: 'bdl-1',
      text: 'A total stands only in a searchset or history.',
      holds: (e) => !has(e, 'total') || e['type'] === 'searchset' || e['type'] === 'history',
    },
    {
      key: 'bdl-3',
      text: 'Every entry of a transaction or batch needs a request, and no other has one but history.',
      holds: (e) => requestsFit(e),
    },
    {
      key: 'bdl-7',
      text: 'A fullUrl stands once in a bundle, but for versions of one resource.',
      holds: fullUrlsDiffer,
    },
  ],
};

function isInError(status: unknown): boolean {
  return status === 'entered-in-error' || hasCode(status, 'entered-in-error');
}

function requestsFit(bundle: Json): boolean {
  const entries = list(bundle['entry']);
  const type = String(bundle['type']);
  if (type === 'transaction' || type === 'batch' || type === 'history') {
    return entries.every((entry) => has(entry, 'request'));
  }
  return entries.every((entry) => !has(entry, 'request'));
}

function fullUrlsDiffer(bundle: Json): boolean {
  if (bundle['type'] === 'history') return true;
  const urls = list(bundle['entry']).flatMap((entry) => {
    const { fullUrl, resource } = entry;
    if (typeof fullUrl !== 'string') return [];
    const meta = isObject(resource) && isObject(resource['meta']) ? resource['meta'] : {};
    return [`${fullUrl} ${String(meta['versionId'])}`];
  });
  return new Set(urls).size === urls.length;
}

const FRAGMENTS: Invariant = {
  key: 'ref-1',
  text: 'A reference to a contained resource must find it.',
  holds: fragmentsResolve,
};
const NO_META: Invariant = {
  key: 'dom-4',
  text: 'A contained resource has no version, update time or security label of its own.',
  holds: (resource) =>
    list(resource['contained']).every((inner) => {
      const meta = inner['meta'];
      if (!isObject(meta)) return true;
      return !has(meta, 'versionId') && !has(meta, 'lastUpdated') && !has(meta, 'security');
    }),
};

const merged = new Map<string, readonly Invariant[]>();

/** The invariants of a type or backbone, by its name in the element tables. */
export function invariantsOf(type: string): readonly Invariant[] {
  const known = merged.get(type);
  if (known) return known;
  const own = INVARIANTS[type] ?? [];
  const isQuantity = ['Age', 'Duration', 'Distance', 'Count'].includes(type);
  const all = isQuantity ? [...(INVARIANTS['Quantity'] ?? [])] : own;
  merged.set(type, all);
  return all;
}

/** The invariants of a whole resource that is not itself contained. */
export function resourceInvariants(type: string): readonly Invariant[] {
  return NO_CONTAINED.has(type) ? [] : [FRAGMENTS, NO_META];
}
