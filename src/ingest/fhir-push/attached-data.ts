/**
 * Documents that stand in a resource itself (a report's presentedForm, an answer, a photograph, a
 * Binary of its own): a PDF among them may do nothing when it is opened, as one sent by ITI-65. Nor
 * may a narrative: it is served as it came, and an app shows it in a browser.
 */
import { type BundleEntry, isActingNarrative, type Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { isActivePdf, looksLikePdf } from '../active-pdf.ts';

/** Base64 of a beginning in which a PDF must have said that it is one. */
const BEGINNING_CHARACTERS = 1_400;
const SHORTEST_PDF_CHARACTERS = 60;

/**
 * A Binary that a DocumentReference names is checked there, with what it says of it.
 * @throws Problem `unprocessable` with code `active-content` and the place.
 */
export function checkAttachedData(entries: readonly BundleEntry[]): void {
  const checked = new Set(entries.flatMap(({ resource }) => attachmentUrls(resource)));
  for (const [index, { resource, fullUrl }] of entries.entries()) {
    if (!resource) continue;
    const isDocument = resource.resourceType === 'Binary' && checked.has(fullUrl ?? '');
    if (!isDocument) requireInactiveData(resource, `Bundle.entry[${index}].resource`);
  }
}

function attachmentUrls(resource: Resource | undefined): string[] {
  if (resource?.resourceType !== 'DocumentReference') return [];
  const contents = [resource['content'] ?? []].flat() as { attachment?: { url?: string } }[];
  return contents.flatMap(({ attachment }) => attachment?.url ?? []);
}

/**
 * Looks through all that one resource, or a part of it, carries.
 * @param place where it stands, for the error
 * @throws Problem `unprocessable` with code `active-content` and the place.
 */
export function requireInactiveData(value: unknown, place: string): void {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) requireInactiveData(one, `${place}[${at}]`);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, one] of Object.entries(value)) {
    if (typeof one !== 'string') requireInactiveData(one, `${place}.${name}`);
    else if (name === 'div' && isActingNarrative(one)) {
      throw activeContent('A narrative with active content is refused.', `${place}.div`);
    }
    // `content` is where STU3 has the bytes of a Binary.
    else if (/^(data|content|valueBase64Binary)$/.test(name) && isActive(one)) {
      throw activeContent('A PDF with active content is refused.', `${place}.${name}`);
    }
  }
}

const activeContent = (text: string, place: string): Problem =>
  new Problem('unprocessable', text, { code: 'active-content', expression: [place] });

function isActive(base64: string): boolean {
  if (base64.length < SHORTEST_PDF_CHARACTERS) return false;
  const beginning = Buffer.from(base64.slice(0, BEGINNING_CHARACTERS), 'base64');
  return looksLikePdf(beginning) && isActivePdf(Buffer.from(base64, 'base64'));
}
