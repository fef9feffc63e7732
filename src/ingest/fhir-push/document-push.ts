/**
 * Documents by ITI-65 (and ITI-105, with the bytes inside): what must fit before a document is
 * taken. source-formats.md section 6. A PDF is never opened or drawn here; active content is
 * refused.
 */
import { createHash } from 'node:crypto';
import type { BundleEntry, FhirVersion, Resource } from '../../conformance/index.ts';
import { letGoOf } from '../../platform/let-go.ts';
import { Problem } from '../../platform/problem.ts';
import { isActivePdf, looksLikePdf } from '../active-pdf.ts';
import type { MappingIssue } from '../format.ts';
import { missingMetadata } from './document-metadata.ts';

const DOCUMENT_BYTES_MAX = 40 * 1024 * 1024;

const ALLOWED_TYPES = new Set([
  'application/pdf',
  'text/xml',
  'application/xml',
  'text/plain',
  'application/fhir+json',
  'application/fhir+xml',
  'image/jpeg',
  'image/png',
]);

interface Attachment {
  contentType?: string;
  url?: string;
  data?: string;
  hash?: string;
  size?: number;
}

export function isDocumentPush(entries: readonly BundleEntry[]): boolean {
  return entries.some(({ resource }) => resource?.resourceType === 'DocumentReference');
}

/** Bytes inside a DocumentReference become a Binary of their own, as they do in ITI-65. */
export function withInlineDocuments(
  entries: readonly BundleEntry[],
  version: FhirVersion,
): BundleEntry[] {
  return entries.flatMap((entry) => {
    const attachments = attachmentsOf(entry.resource);
    if (!entry.resource || !attachments.some((one) => one.data !== undefined)) return [entry];
    const binaries: BundleEntry[] = [];
    const content = (entry.resource['content'] as { attachment?: Attachment }[]).map((one) => {
      const { data, contentType } = attachmentIn(one);
      if (data === undefined) return one;
      const { data: _data, ...attachment } = one.attachment ?? {};
      const hash = createHash('sha256').update(data).digest('hex').slice(0, 32);
      const fullUrl = `urn:uuid:${uuidFrom(hash)}`;
      binaries.push({
        fullUrl,
        request: { method: 'POST', url: 'Binary' },
        resource: {
          resourceType: 'Binary',
          contentType: contentType ?? 'application/octet-stream',
          [version.name === 'R4' ? 'data' : 'content']: data,
        },
      });
      return { ...one, attachment: { ...attachment, url: fullUrl } };
    });
    return [{ ...entry, resource: { ...entry.resource, content } }, ...binaries];
  });
}

function uuidFrom(hash: string): string {
  const part = (from: number, to: number) => hash.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-8${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`;
}

/** @throws Problem `unprocessable` at the first document that does not fit its metadata. */
export function checkDocuments(entries: readonly BundleEntry[]): MappingIssue[] {
  const binaries = new Map(
    entries.flatMap(({ fullUrl, resource }) =>
      resource?.resourceType === 'Binary'
        ? [
            ...(fullUrl ? [[fullUrl, resource]] : []),
            ...(resource.id ? [[`Binary/${resource.id}`, resource]] : []),
          ]
        : [],
    ) as [string, Resource][],
  );
  const documents = new Set(
    entries.flatMap(({ fullUrl, resource }) =>
      resource?.resourceType === 'Bundle' && fullUrl ? [fullUrl] : [],
    ),
  );
  // An update of a manifest is no submission: then a document may lie elsewhere.
  const isSubmission = entries.some(
    ({ resource, request }) => isSubmissionSet(resource) && request?.method !== 'PUT',
  );
  const issues: MappingIssue[] = [];
  for (const [index, { resource }] of entries.entries()) {
    if (resource?.resourceType !== 'DocumentReference') continue;
    const attachments = attachmentsOf(resource);
    if (attachments.length === 0) {
      const content = `Bundle.entry[${index}].resource.content`;
      throw unfit('The document has no content.', 'empty-document', content);
    }
    issues.push(...missingMetadata(resource, `Bundle.entry[${index}].resource`));
    for (const [at, attachment] of attachments.entries()) {
      const place = `Bundle.entry[${index}].resource.content[${at}].attachment`;
      // A FHIR document travels as a Bundle inside the bundle; its bytes are not ours to check.
      if (documents.has(attachment.url ?? '')) continue;
      const binary = binaries.get(attachment.url ?? '');
      if (binary) issues.push(...checkAttachment(attachment, binary, place));
      else issues.push(elsewhere(`${place}.url`, isSubmission));
    }
  }
  return issues;
}

function checkAttachment(attachment: Attachment, binary: Resource, place: string): MappingIssue[] {
  const data = binary['data'] ?? binary['content'];
  if (typeof data !== 'string' || data === '')
    throw unfit('The Binary is empty.', 'empty-document', place);
  const bytes = Buffer.from(data, 'base64');
  try {
    if (!isBase64(data, bytes)) throw unfit('The Binary is no base64.', 'base64', place);
    return checkContent(attachment, String(binary['contentType'] ?? ''), bytes, place);
  } finally {
    letGoOf(bytes);
  }
}

function checkContent(
  attachment: Attachment,
  named: string,
  bytes: Buffer,
  place: string,
): MappingIssue[] {
  if (bytes.length > DOCUMENT_BYTES_MAX) {
    throw new Problem('too-large', 'A document may be 40 MB.', { expression: [place] });
  }
  const contentType = named.split(';')[0] ?? '';
  if (
    attachment.contentType !== undefined &&
    attachment.contentType.split(';')[0] !== contentType
  ) {
    throw unfit(
      'Attachment and Binary differ in contentType.',
      'content-type',
      `${place}.contentType`,
    );
  }
  if (!ALLOWED_TYPES.has(contentType)) {
    throw unfit(
      'Documents of this content type are not accepted.',
      'content-type',
      `${place}.contentType`,
    );
  }
  const sha1 = createHash('sha1').update(bytes).digest('base64');
  if (attachment.hash !== undefined && attachment.hash !== sha1) {
    throw unfit('The hash does not fit the content.', 'hash', `${place}.hash`);
  }
  const sized = attachment.size === undefined || Number(attachment.size) === bytes.length;
  // A hash that fits proves the content: then a wrong size is only told.
  if (!sized && attachment.hash === undefined) {
    throw unfit('The size does not fit the content.', 'size', `${place}.size`);
  }
  const told: MappingIssue[] = sized ? [] : [wrongSize(`${place}.size`)];
  if (contentType === 'application/pdf') return [...told, ...checkPdf(bytes, place)];
  // A reader opens it for what it is, whatever it is called.
  if (looksLikePdf(bytes)) requireInactive(bytes, place);
  return told;
}

/** A lone DocumentReference may point elsewhere: it is kept, and nothing is fetched. */
function elsewhere(place: string, isSubmission: boolean): MappingIssue {
  const text = 'The attachment names no Binary of this bundle.';
  if (isSubmission) throw unfit(text, 'attachment-url', place);
  return { kind: 'rule', severity: 'warning', code: 'attachment-url', text, place };
}

/** The List (R4) or DocumentManifest (STU3) that makes a transaction an ITI-65. */
export function isSubmissionSet(resource: Resource | undefined): boolean {
  if (resource?.resourceType === 'DocumentManifest') return true;
  const code = JSON.stringify(resource?.['code'] ?? '');
  return resource?.resourceType === 'List' && code.includes('submissionset');
}

function wrongSize(place: string): MappingIssue {
  const text = 'The size does not fit the content; the hash does.';
  return { kind: 'rule', severity: 'warning', code: 'size', text, place };
}

/**
 * National document exchange expects PDF/A; other PDF is taken with a warning, active PDF refused.
 */
function checkPdf(bytes: Buffer, place: string): MappingIssue[] {
  if (bytes.subarray(0, 5).toString('latin1') !== '%PDF-') {
    throw unfit('This is not a PDF.', 'not-a-pdf', place);
  }
  requireInactive(bytes, place);
  // PDF/A is never encrypted (ISO 19005), and who has no password cannot open it.
  if (/\/Encrypt(?![A-Za-z])/.test(bytes.subarray(-TRAILER_BYTES).toString('latin1'))) {
    const text = 'The PDF is encrypted: not everybody can open it, and it is no PDF/A.';
    return [{ kind: 'rule', severity: 'warning', code: 'pdf-encrypted', text, place }];
  }
  if (bytes.includes('pdfaid:part')) return [];
  const problem = 'The PDF does not say that it is PDF/A.';
  return [{ kind: 'rule', severity: 'warning', code: 'pdf-not-a', text: problem, place }];
}

/** The trailer, or the dictionary of the cross-reference stream, stands at the end. */
const TRAILER_BYTES = 4_096;

function requireInactive(pdf: Buffer, place: string): void {
  if (!isActivePdf(pdf)) return;
  throw unfit('A PDF with active content is refused.', 'active-content', place);
}

/** Node leaves out what is no base64; nothing may have been left out. */
function isBase64(data: string, bytes: Buffer): boolean {
  // Without blanks, as it mostly is, no copy is made: it may be 50 MB.
  const plain = /\s/.test(data) ? data.replace(/\s/g, '') : data;
  let end = plain.length;
  while (plain.charCodeAt(end - 1) === PADDING) end--;
  const isFilled = /^[A-Za-z0-9+/]*=*$/.test(plain);
  return Math.floor((end * 3) / 4) === bytes.length && isFilled;
}

const PADDING = '='.charCodeAt(0);

function attachmentsOf(resource: Resource | undefined): Attachment[] {
  const content = resource?.resourceType === 'DocumentReference' ? resource['content'] : undefined;
  if (!Array.isArray(content)) return [];
  return content.map((one: unknown) => attachmentIn(one));
}

/** What is not of the type that FHIR gives it is left out: the resource's own check tells it. */
function attachmentIn(content: unknown): Attachment {
  const { attachment } = (content ?? {}) as { attachment?: unknown };
  const found = (attachment ?? {}) as Record<string, unknown>;
  const text = (name: keyof Attachment) =>
    typeof found[name] === 'string' ? { [name]: found[name] } : {};
  const size = found['size'] === undefined ? {} : { size: Number(found['size']) };
  return { ...text('contentType'), ...text('url'), ...text('data'), ...text('hash'), ...size };
}

function unfit(text: string, code: string, place: string): Problem {
  return new Problem('unprocessable', text, { code, expression: [place] });
}
