/**
 * The narrative as it may leave: formatting only. A browser of a PGO will render it, so nothing
 * that runs, loads from elsewhere or asks for input comes through.
 * https://hl7.org/fhir/R4/narrative.html
 */
import { isObject } from './fhir-json.ts';
import type { Resource } from './resource.ts';
import { rewriteXhtml, wellFormedXhtml, type XhtmlAttribute, type XhtmlVerdict } from './xhtml.ts';

const ALLOWED = new Set(
  (
    'div p br span b i u s tt em strong small big sub sup code pre samp kbd var cite q blockquote ' +
    'abbr acronym dfn ins del hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption colgroup col ' +
    'thead tbody tfoot tr td th a img bdo address'
  ).split(' '),
);
/** Their content is not text for a reader, so it goes with the tags. */
const DROPPED = new Set(
  'script style iframe object embed applet form input button select textarea svg math video audio link meta base head title frame frameset noscript template'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  (
    'id class title lang xml:lang dir style align valign abbr axis headers scope rowspan colspan ' +
    'span width height border cellpadding cellspacing frame rules summary cite datetime alt start ' +
    'type name'
  ).split(' '),
);
const SAFE_LINK = /^(?:#|https?:\/\/|mailto:|tel:|urn:|[\w./-]+$)/i;
/** Images only from the resource itself: one from elsewhere would tell a third party who reads. */
const SAFE_IMAGE = /^(?:#|data:image\/(?:png|gif|jpeg);base64,|(?!\w+:)(?!\/\/)[\w./-]+$)/i;
const UNSAFE_STYLE = /url\s*\(|expression|import|behavio|binding|@|\\|javascript/i;

/**
 * The resource with clean narratives, its contained resources' too; the same object if all were.
 */
export function sanitiseNarrative(resource: Resource): Resource {
  let copy: Resource | undefined;
  const text = resource['text'];
  if (isObject(text) && typeof text['div'] === 'string') {
    const div = sanitiseDiv(text['div']);
    if (div !== text['div']) copy = { ...resource, text: { ...text, div } };
  }
  const contained = resource['contained'];
  if (Array.isArray(contained)) {
    const clean = contained.map((inner) =>
      isObject(inner) ? sanitiseNarrative(inner as Resource) : inner,
    );
    if (clean.some((inner, at) => inner !== contained[at]))
      copy = { ...(copy ?? resource), contained: clean };
  }
  return copy ?? resource;
}

/** A div of formatting only; what is no XHTML becomes plain text. */
export function sanitiseDiv(div: string): string {
  const rewritten = rewriteXhtml(div, judge);
  if (rewritten === undefined || !rewritten.startsWith('<div'))
    return wellFormedXhtml(stripped(div));
  // A div that was clean stays byte for byte as it was, so that its row can be served as it lies.
  return rewriteXhtml(div, (_tag, attributes) => attributes) === rewritten ? div : rewritten;
}

function stripped(div: string): string {
  return div.replace(/<(script|style|iframe|object)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, ' ');
}

function judge(tag: string, attributes: readonly XhtmlAttribute[]): XhtmlVerdict {
  const name = tag.toLowerCase();
  if (DROPPED.has(name)) return 'drop';
  if (!ALLOWED.has(name)) return 'unwrap';
  return attributes.filter((attribute) => isSafe(name, attribute));
}

function isSafe(tag: string, { name, value }: XhtmlAttribute): boolean {
  if (name === 'href') return tag === 'a' && SAFE_LINK.test(value.trim());
  if (name === 'src') return tag === 'img' && SAFE_IMAGE.test(value.trim());
  if (name === 'style') return !UNSAFE_STYLE.test(value);
  return ATTRIBUTES.has(name);
}
