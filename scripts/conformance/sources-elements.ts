/**
 * A set of resources as comparable elements, by the rules of `fixtures/sources/README.md`:
 * without ids and narrative, references by what they point at, times as instants, decimals by
 * value.
 */
import type { Resource } from '../../src/conformance/index.ts';

export interface Elements {
  readonly type: string;
  /** `path=value`, and how often. */
  readonly counts: ReadonlyMap<string, number>;
  readonly size: number;
}

export interface Comparing {
  /** The expected side hides BSNs: any BSN equals any. */
  readonly maskBsn: boolean;
  /** Both sides are about one person, however each names that person. */
  readonly onePatient?: boolean;
}

export const patientsIn = (entries: readonly Entry[]): number =>
  entries.filter(({ resource }) => resource.resourceType === 'Patient').length;

interface Entry {
  readonly fullUrl?: string | undefined;
  readonly resource: Resource;
}

const BSN = 'http://fhir.nl/fhir/NamingSystem/bsn';
const DROPPED = new Set(['id', 'text', 'contained']);
const DROPPED_META = new Set(['lastUpdated', 'versionId', 'source', 'tag']);

export function elementsOf(entries: readonly Entry[], comparing: Comparing): Elements[] {
  const index = new Map<string, Resource>();
  for (const { fullUrl, resource } of entries) {
    if (fullUrl) index.set(fullUrl, resource);
    if (resource.id) index.set(`${resource.resourceType}/${resource.id}`, resource);
  }
  return entries.map(({ resource }) => {
    const counts = new Map<string, number>();
    const local = new Map(index);
    const contained = resource['contained'];
    for (const inner of Array.isArray(contained) ? (contained as Resource[]) : []) {
      local.set(`#${inner.id ?? ''}`, inner);
    }
    walk(resource, '', { counts, index: local, comparing, depth: 0 });
    const size = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return { type: resource.resourceType, counts, size };
  });
}

interface Walk {
  readonly counts: Map<string, number>;
  readonly index: ReadonlyMap<string, Resource>;
  readonly comparing: Comparing;
  readonly depth: number;
}

function walk(value: unknown, path: string, state: Walk): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, path, state);
    return;
  }
  const raw = rawNumber(value);
  if (raw !== undefined || typeof value !== 'object' || value === null) {
    if (value !== null && value !== undefined) add(state, `${path}=${normal(raw ?? value, path)}`);
    return;
  }
  const object = value as Record<string, unknown>;
  if (typeof object['reference'] === 'string' || isLogical(object)) {
    add(state, `${path}=>${target(object, state)}`);
    if (Array.isArray(object['extension'])) walk(object['extension'], `${path}.extension`, state);
    return;
  }
  for (const [name, inner] of Object.entries(object)) {
    if (path === '' && (DROPPED.has(name) || name === 'resourceType')) continue;
    if (path === 'meta' && DROPPED_META.has(name)) continue;
    if (name === 'id' && typeof inner === 'string') continue;
    if (name === 'extension' || name === 'modifierExtension') {
      for (const one of Array.isArray(inner) ? (inner as Record<string, unknown>[]) : []) {
        const { url, ...rest } = one;
        walk(rest, `${path}.${name}(${String(url).split('/').pop()})`, state);
      }
      continue;
    }
    if (isMaskedBsn(object, name, state)) {
      add(state, `${path}.value=*`);
      continue;
    }
    walk(inner, path === '' ? name : `${path}.${name}`, state);
  }
}

function isMaskedBsn(object: Record<string, unknown>, name: string, state: Walk): boolean {
  return (
    state.comparing.maskBsn && object['system'] === BSN && (name === 'value' || name === '_value')
  );
}

const isLogical = (object: Record<string, unknown>): boolean =>
  typeof object['identifier'] === 'object' &&
  !Array.isArray(object['identifier']) &&
  Object.keys(object).every((key) =>
    ['identifier', 'type', 'display', 'extension', 'id'].includes(key),
  );

function add(state: Walk, element: string): void {
  state.counts.set(element, (state.counts.get(element) ?? 0) + 1);
}

/** A reference by the business identifier of its target, else by its type and content. */
function target(reference: Record<string, unknown>, state: Walk): string {
  const logical = reference['identifier'] as { system?: string; value?: string } | undefined;
  const found = state.index.get(String(reference['reference'] ?? ''));
  if (!found) {
    if (logical) return `${logical.system ?? ''}|${logical.value ?? ''}`;
    return String(reference['reference'] ?? '').replace(/^.*\/([A-Z][A-Za-z]+)\/[^/]+$/, '$1');
  }
  const { identifier } = found;
  const first = (Array.isArray(identifier) ? identifier[0] : identifier) as
    | { system?: string; value?: string }
    | undefined;
  if (state.comparing.onePatient && found.resourceType === 'Patient') return 'Patient';
  if (first?.system === BSN && state.comparing.maskBsn) return `${found.resourceType}:bsn`;
  if (first?.value !== undefined) return `${first.system ?? ''}|${first.value}`;
  if (state.depth >= 2) return found.resourceType;
  const counts = new Map<string, number>();
  walk(found, '', { ...state, counts, depth: state.depth + 1 });
  return `${found.resourceType}{${[...counts.keys()]
    .filter((key) => !key.startsWith('meta'))
    .sort()
    .join(';')}}`;
}

function rawNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return undefined;

  return 'text' in value && 'toJSON' in value ? Number(value) : undefined;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function normal(value: unknown, path: string): string {
  if (typeof value !== 'string') return String(value);
  if (INSTANT.test(value)) {
    // Wall clock for old dates: publishers wrote the offset of today for them.
    return value < '1940' ? value.slice(0, 19) : new Date(value).toISOString();
  }
  if (path.endsWith('postalCode')) return value.replace(/\s+/g, '');
  return value.replace(/\s+/g, ' ').trim();
}
