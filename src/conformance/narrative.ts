/**
 * A narrative that acts: the browser of whoever reads it would run something, load a page from
 * elsewhere or ask for input. FHIR lets formatting alone stand there (txt-1); what is looked for is
 * only what does harm, since narratives go out byte for byte as they came.
 * https://hl7.org/fhir/R4/narrative.html#xhtml
 */
import { rewriteXhtml, type XhtmlAttribute } from './xhtml.ts';

const ACTING =
  'script|iframe|frame|frameset|object|embed|applet|form|meta|base|link|svg|math|template|noscript';
const ACTING_TAG = new RegExp(`<(?:[\\w.-]+:)?(?:${ACTING})(?![\\w.-])`, 'i');
const ACTING_NAMES = new Set(ACTING.split('|'));
/** Attributes that name where something is, or what happens; most narratives have none. */
const PERHAPS_ACTING = /\b(?:on[a-z]+|href|src|srcset|action|formaction|background|poster)\s*=/i;
const EVENT = /^on[a-z]+$/i;
/** A browser passes over blanks and control characters in the name of a scheme. */
const BLANKS = /[\p{Z}\p{Cc}]/gu;
/** A PDF as data is what published examples link to; a page or a drawing as data can run. */
const ACTING_SCHEME = /^(?:javascript:|vbscript:|data:[^,;]*(?:html|xml|script))/i;
/** A comment, CDATA or instruction: of its end a browser that reads HTML thinks otherwise. */
const ASIDE = /<!--[\s\S]*?(?:-->|$)|<(?:!(?!--)|\?)[\s\S]*?(?:\]\]>|\?>|$)/g;
const TAG = /<[a-z/]/i;
/** Anywhere behind the beginning of a tag, since a browser may see its end elsewhere. */
const ADDRESS = /[\s"'/](?:on[a-z]+|href|src\w*|(?:form)?action|background|poster)\s*=/i;

/** True for a div (as JSON carries it) that does more than show text. Never throws. */
export function isActingNarrative(div: string): boolean {
  if (ACTING_TAG.test(div)) return true;
  if (!PERHAPS_ACTING.test(div)) return false;
  if (div.match(ASIDE)?.some((aside) => PERHAPS_ACTING.test(aside))) return true;
  let acts = false;
  const read = rewriteXhtml(div, (tag, attributes) => {
    acts ||= ACTING_NAMES.has(tag.toLowerCase()) || attributes.some(isActing);
    return attributes;
  });
  // What is no XHTML a browser reads in its own way: nobody can say what an address there does.
  return acts || (read === undefined && ADDRESS.test(div.slice(Math.max(0, div.search(TAG)))));
}

const isActing = ({ name, value }: XhtmlAttribute): boolean =>
  EVENT.test(name.slice(name.indexOf(':') + 1)) || ACTING_SCHEME.test(value.replace(BLANKS, ''));
