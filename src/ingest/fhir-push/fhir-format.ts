/**
 * FHIR as a source: a transaction, batch, collection or single resource, STU3 or R4, JSON or XML,
 * and ITI-65 documents, which are transactions too. source-formats.md sections 5 and 6.
 */
import { createHash } from 'node:crypto';
import {
  type Bundle,
  type BundleEntry,
  type FhirVersion,
  type Identifier,
  isBsnSystem,
  R4,
  type Resource,
  readFhir,
  readFhirPathPatch,
  SHAPE_FAULTS,
  STU3,
  validateInline,
} from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type {
  MappedMessage,
  MappedResource,
  MappingIssue,
  MessageFormat,
  SenderOverlay,
} from '../format.ts';
import { bsnOf } from '../mapping/eleven-test.ts';
import { stableUrn } from '../mapping/identity.ts';
import { requireNoChoice } from '../no-choice.ts';
import { requireWholeEntries } from '../whole-resource.ts';
import { checkAttachedData } from './attached-data.ts';
import { calledApart } from './called-apart.ts';
import { digestOfJson } from './digest-of-json.ts';
import {
  checkDocuments,
  isDocumentPush,
  isSubmissionSet,
  withInlineDocuments,
} from './document-push.ts';
import { conditionsOf } from './entry-conditions.ts';
import { checkRequests, refused } from './entry-request.ts';
import { checkModifiers } from './modifier-extensions.ts';
import { claimOf, personsOf } from './persons.ts';
import { isFhirXml, readUnlabelled } from './read-unlabelled.ts';
import { keptApart } from './shared-identifiers.ts';
import { sharesOf } from './shares.ts';
import { unresolvedReferences } from './unresolved.ts';

const ENTRIES_MAX = 5_000;

export const fhirFormat: MessageFormat = {
  name: 'fhir',
  recognise(bytes, mediaType = '') {
    if (/fhir\+(json|xml)/.test(mediaType)) return true;
    const start = bytes.subarray(0, 2_000).toString('utf8').trimStart();
    return /^\{/.test(start)
      ? /"resourceType"\s*:/.test(bytes.subarray(0, 65_536).toString('utf8'))
      : isFhirXml(start);
  },
  read: readPush,
};

/**
 * @throws Problem `invalid` when it is not FHIR, `unprocessable` when it would be unsafe to take.
 */
function readPush(bytes: Buffer, overlay: SenderOverlay, mediaType = ''): MappedMessage[] {
  const { root, version } = parse(bytes, mediaType);
  checkRequests(root, version);
  const sent = entriesOf(root);
  const origin: number[] = [];
  const entries = sent.flatMap((entry, at) => {
    const own = withInlineDocuments([entry], version);
    origin.push(...own.map(() => at));
    return own;
  });
  if (entries.length > ENTRIES_MAX) {
    throw new Problem('too-large', `A transaction may hold ${ENTRIES_MAX} entries.`, {
      expression: ['Bundle.entry'],
    });
  }
  checkNumbers(entries);
  requireWholeEntries(entries);
  checkAttachedData(entries);
  const isDocuments = isDocumentPush(entries);
  const checked = [
    ...checkEntries(entries, version),
    ...(isDocuments ? checkDocuments(entries) : []),
    ...unresolvedReferences(entries),
    ...checkModifiers(entries),
  ];
  const called = calledApart(entries);
  const mapped = entries.map((entry, index) => ({
    ...mapEntry(entry, called.entries[index] ?? entry, { index, version, overlay }),
    ...howToWrite(entry, isDocuments),
    entry: origin[index] ?? index,
  }));
  const { resources, issues: shared } = keptApart(mapped);
  const issues = [...checked, ...called.issues, ...shared];
  const name = isDocuments ? 'iti-65' : `fhir-${version.name.toLowerCase()} ${kindOf(root)}`;
  const people = personsOf(called.entries);
  const shares = people.length > 1 ? sharesOf({ root, bytes, sent, origin }, people, version) : [];
  return people.map(({ patient, members }, index) => ({
    ...(shares[index] ? { share: shares[index] } : {}),
    format: name,
    messageKey: messageKeyOf(root, entries, bytes),
    patient: claimOf(
      patient,
      members.map((index) => entries[index] as BundleEntry),
    ),
    resources: members.map((index) => resources[index] as MappedResource),
    issues,
    hold: [],
  }));
}

function parse(bytes: Buffer, mediaType: string): { root: Resource; version: FhirVersion } {
  const xml = /xml/.test(mediaType) || /^\s*</.test(bytes.subarray(0, 200).toString('utf8'));
  const format = xml ? 'xml' : 'json';
  const named = /fhirVersion=["']?(\d)/i.exec(mediaType)?.[1];
  if (named === '3' || named === '4') {
    const version = named === '3' ? STU3 : R4;
    return { root: readFhir(bytes, { format, version }), version };
  }
  return readUnlabelled(bytes, format);
}

function entriesOf(root: Resource): BundleEntry[] {
  if (root.resourceType !== 'Bundle') return [{ resource: root }];
  return ((root as Bundle).entry ?? []).filter((entry) => entry.resource || entry.request);
}

function kindOf(root: Resource): string {
  return root.resourceType === 'Bundle' ? String((root as Bundle).type) : root.resourceType;
}

/**
 * A BSN that is none is wrong at the source, so it is sent back; the original waits meanwhile
 * (capabilities B4, B10). @throws Problem `unprocessable` with the place, without the digits.
 */
function checkNumbers(entries: readonly BundleEntry[]): void {
  for (const [index, { resource, request }] of entries.entries()) {
    if (resource?.resourceType !== 'Patient') continue;
    const id = request?.method === 'PUT' ? request.url?.split('/')[1] : undefined;
    for (const [at, one] of [resource['identifier']].flat().entries()) {
      if (!isIdentifier(one) || !isBsnSystem(one.system) || typeof one.value !== 'string') continue;
      if (one.value === id) {
        const place = `Bundle.entry[${index}].request.url`;
        throw refused('A BSN is no id: it would stand in every address.', 'bsn-in-url', place);
      }
      if (bsnOf(one.value) !== undefined) continue;
      const place = `Bundle.entry[${index}].resource.identifier[${at}].value`;
      throw refused('The BSN fails the eleven-test.', 'bsn-eleven-test', place);
    }
  }
}

/** Nobody can tell what it is, how deep it goes, or what a text means where a list belongs. */
const UNREADABLE = new Set([
  'resource-type-unknown',
  'resource-type-missing',
  'depth',
  ...SHAPE_FAULTS,
]);

/** Only what cannot be read safely is refused; all else is told and taken (source-formats 5). */
function checkEntries(entries: readonly BundleEntry[], version: FhirVersion): MappingIssue[] {
  const issues: MappingIssue[] = [];
  for (const [index, { resource }] of entries.entries()) {
    if (!resource) continue;
    requireNoChoice(resource, `Bundle.entry[${index}].resource`);
    for (const issue of validateInline(resource, version)) {
      const inside = (issue.expression?.[0] ?? '').replace(/^[A-Za-z]+/, '');
      const place = `Bundle.entry[${index}].resource${inside}`;
      const code = issue.detail ?? issue.code;
      if (UNREADABLE.has(code)) {
        throw new Problem('unprocessable', issue.text, { code, expression: [place] });
      }
      const severity = issue.severity === 'information' ? 'information' : 'warning';
      issues.push({ kind: 'rule', severity, code, text: issue.text, place });
    }
  }
  return issues;
}

/**
 * A Patient that is posted along says what the sender knows: it never takes away what is stored.
 * With a document it only names the person (ITI-65: kept, not matched upon).
 */
function howToWrite(
  { resource, request }: BundleEntry,
  isDocuments: boolean,
): Pick<MappedResource, 'partial' | 'onlyIfAbsent'> {
  if (resource?.resourceType !== 'Patient' || request?.method === 'PUT') return {};
  return isDocuments ? { onlyIfAbsent: true } : { partial: true };
}

interface MapContext {
  readonly index: number;
  readonly version: FhirVersion;
  readonly overlay: SenderOverlay;
}

/** @param called the same with references that tell apart; its key is of the entry as it came */
function mapEntry(
  entry: BundleEntry,
  called: BundleEntry,
  { index, version, overlay }: MapContext,
): MappedResource {
  const [urlType = '', urlId] = (entry.request?.url ?? '').split('?')[0]?.split('/') ?? [];
  const deleted = entry.request?.method === 'DELETE';
  const resource = entry.resource ?? { resourceType: urlType, ...(urlId ? { id: urlId } : {}) };
  const isPatch = entry.request?.method === 'PATCH';
  const isPut = entry.request?.method === 'PUT' || isPatch || deleted;
  const clientId = isPut && urlId ? urlId : undefined;
  if (clientId !== undefined && !/^[A-Za-z0-9\-.]{1,64}$/.test(clientId)) {
    throw new Problem('invalid', 'This is not a FHIR id.', {
      expression: [`Bundle.entry[${index}].request.url`],
    });
  }
  const key = keyOf(resource, entry);
  const own = resource.id === undefined ? undefined : `${resource.resourceType}/${resource.id}`;
  const fullUrl =
    called.fullUrl ?? own ?? stableUrn(overlay.id, resource.resourceType, `${key}|${index}`);
  const updated = resource.meta?.lastUpdated;
  return {
    key,
    resource: called.resource ?? resource,
    fullUrl,
    version: version.name,
    ...(clientId === undefined ? {} : { clientId }),
    ...(deleted ? { deleted: true } : {}),
    ...(isPatch ? { patch: patchIn(entry, urlType, `Bundle.entry[${index}]`) } : {}),
    ...(typeof updated === 'string' ? { sourceTime: updated } : {}),
    ...conditionsOf(entry, `Bundle.entry[${index}]`),
  };
}

function patchIn({ resource }: BundleEntry, type: string, place: string) {
  const parameters = resource ?? { resourceType: '' };
  return { type, operations: readFhirPathPatch(parameters), place };
}

/** Business identifier first; without one, what the resource says (source-formats 2.6). */
function keyOf(resource: Resource, entry: BundleEntry): string {
  const master = resource['masterIdentifier'];
  const identifiers = [master, resource['identifier']].flat().filter(isIdentifier);
  const first = identifiers.find((one) => one.value !== undefined);
  if (first) return `identifier|${first.system ?? ''}|${first.value}`;
  if (resource.id !== undefined && entry.request?.method !== 'POST') return `id|${resource.id}`;
  const { id: _id, meta: _meta, text: _text, ...content } = resource;
  return `content|${digestOfJson(content).slice(0, 32)}`;
}

function isIdentifier(value: unknown): value is Identifier {
  return typeof value === 'object' && value !== null;
}

function messageKeyOf(root: Resource, entries: readonly BundleEntry[], bytes: Buffer): string {
  const submission = entries.find(({ resource }) => isSubmissionSet(resource))?.resource;
  const identifier = [
    submission?.['masterIdentifier'],
    submission?.['identifier'],
    root['identifier'],
  ]
    .flat()
    .filter(isIdentifier)
    .find((one) => one.value !== undefined);
  if (identifier) return `${identifier.system ?? ''}|${identifier.value}`;
  return `sha256|${createHash('sha256').update(bytes).digest('hex')}`;
}
