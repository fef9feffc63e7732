/**
 * An identifier names one resource of its type (source-formats.md 2.6). Senders also write the
 * number of an order or a sample into every result of it: within one bundle those are different
 * things, and none of them may take the place of another.
 */
import { createHash } from 'node:crypto';
import type { Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { MappedResource, MappingIssue } from '../format.ts';
import { digestOfJson } from './digest-of-json.ts';

/** A person, a party or a product that comes twice is the same one, told twice. */
const ONE_BY_NUMBER = new Set([
  'Patient',
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Location',
  'Endpoint',
  'HealthcareService',
  'Medication',
  'Substance',
]);

/** What a resource is about, by the element that says it. */
const SAYS_WHAT = ['code', 'vaccineCode', 'medicationCodeableConcept', 'type', 'category'] as const;

/**
 * The resources, those that share an identifier each with a key of its own, and a warning for each.
 * @throws Problem `unprocessable` where two documents of one bundle carry the same unique id.
 */
export function keptApart(resources: readonly MappedResource[]): {
  readonly resources: MappedResource[];
  readonly issues: readonly MappingIssue[];
} {
  const groups = new Map<string, number[]>();
  for (const [index, one] of resources.entries()) {
    const { resourceType } = one.resource;
    const isNamed = one.clientId === undefined && one.key.startsWith('identifier|');
    if (!isNamed || ONE_BY_NUMBER.has(resourceType)) continue;
    const name = `${resourceType}|${one.key}`;
    groups.set(name, [...(groups.get(name) ?? []), index]);
  }
  const apart = [...resources];
  const issues: MappingIssue[] = [];
  for (const group of groups.values()) {
    if (group.length < 2 || isOneThing(group.map((index) => resources[index]?.resource))) continue;
    const taken = new Map<string, number>();
    for (const index of group) {
      const one = resources[index] as MappedResource;
      requireOwnNumber(one.resource, index);
      const what = whatItIs(one.resource);
      const count = (taken.get(what) ?? 0) + 1;
      taken.set(what, count);
      apart[index] = { ...one, key: `${one.key}|${what}${count > 1 ? `|${count}` : ''}` };
      issues.push(shared(index));
    }
  }
  return { resources: apart, issues };
}

/** The same content, or the same id at the sender: then the last one told counts. */
function isOneThing(group: readonly (Resource | undefined)[]): boolean {
  const ids = new Set(group.map((one) => one?.id));
  if (ids.size === 1 && !ids.has(undefined)) return true;
  return new Set(group.map((one) => (one ? contentHash(one) : ''))).size === 1;
}

function contentHash({ id: _id, meta: _meta, text: _text, ...content }: Resource): string {
  return digestOfJson(content);
}

function whatItIs(resource: Resource): string {
  const told = SAYS_WHAT.map((name) => resource[name]).find((value) => value !== undefined);
  const first = (Array.isArray(told) ? told[0] : told) as { coding?: unknown; text?: unknown };
  const coding = (Array.isArray(first?.coding) ? first.coding[0] : undefined) as
    | { system?: unknown; code?: unknown }
    | undefined;
  const text = coding?.code === undefined ? first?.text : [coding.system, coding.code].join('|');
  return createHash('sha256')
    .update(String(text ?? ''))
    .digest('hex')
    .slice(0, 16);
}

function requireOwnNumber(resource: Resource, index: number): void {
  if (resource.resourceType !== 'DocumentReference' || !resource['masterIdentifier']) return;
  throw new Problem('unprocessable', 'Two documents of this bundle carry the same unique id.', {
    code: 'duplicate-entry',
    expression: [`Bundle.entry[${index}].resource.masterIdentifier`],
  });
}

const shared = (index: number): MappingIssue => ({
  kind: 'rule',
  severity: 'warning',
  code: 'identity-twice',
  text: 'Other entries carry this identifier too: each is kept by what it is about.',
  place: `Bundle.entry[${index}].resource.identifier`,
});
