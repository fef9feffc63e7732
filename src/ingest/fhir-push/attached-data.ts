/**
 * Documents that stand in a resource itself (a report's presentedForm, an answer, a photograph, a
 * Binary of its own): a PDF among them may do nothing when it is opened, as one sent by ITI-65. Nor
 * may a narrative: it is served as it came, and an app shows it in a browser.
 */
import { type BundleEntry, isActingNarrative, type Resource } from '../../conformance/index.ts';
import { letGoOf } from '../../platform/let-go.ts';
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
  const active = activeIn(value);
  if (!active) return;
  const expression = [place + active.path.reverse().join('')];
  throw new Problem('unprocessable', active.text, { code: 'active-content', expression });
}

interface ActiveData {
  readonly text: string;
  /** From where it stands outward. */
  readonly path: string[];
}

/** `content` is where STU3 has the bytes of a Binary. */
const HOLDS_BYTES: ReadonlySet<string> = new Set(['data', 'content', 'valueBase64Binary']);

/** The way to it is put together only where there is something: this walks over all that comes. */
function activeIn(value: unknown): ActiveData | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return activeInList(value);
  const object = value as Record<string, unknown>;
  for (const name in object) {
    const one = object[name];
    const text = typeof one === 'string' ? faultOf(name, one) : undefined;
    const found = text === undefined ? activeIn(one) : { text, path: [] };
    if (!found) continue;
    found.path.push(`.${name}`);
    return found;
  }
  return undefined;
}

function activeInList(list: readonly unknown[]): ActiveData | undefined {
  for (let at = 0; at < list.length; at += 1) {
    const found = activeIn(list[at]);
    if (!found) continue;
    found.path.push(`[${at}]`);
    return found;
  }
  return undefined;
}

function faultOf(name: string, text: string): string | undefined {
  if (name === 'div' && isActingNarrative(text)) {
    return 'A narrative with active content is refused.';
  }
  const isPdf = HOLDS_BYTES.has(name) && isActive(text);
  return isPdf ? 'A PDF with active content is refused.' : undefined;
}

function isActive(base64: string): boolean {
  if (base64.length < SHORTEST_PDF_CHARACTERS) return false;
  const beginning = Buffer.from(base64.slice(0, BEGINNING_CHARACTERS), 'base64');
  if (!looksLikePdf(beginning)) return false;
  const bytes = Buffer.from(base64, 'base64');
  try {
    return isActivePdf(bytes);
  } finally {
    letGoOf(bytes);
  }
}
