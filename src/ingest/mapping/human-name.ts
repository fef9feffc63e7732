/**
 * Dutch names as nl-core-NameInformation has them: own and partner part with their prefixes as
 * extensions of `family`, the composed surname in `family` itself, and `text` always filled.
 */
const STRUCTURE = 'http://hl7.org/fhir/StructureDefinition/';

export interface NameParts {
  readonly use?: string;
  /** Surname as it is written out. Composed from the parts when the source has none. */
  readonly composed?: string;
  readonly ownPrefix?: string;
  readonly ownName?: string;
  readonly partnerPrefix?: string;
  readonly partnerName?: string;
  /** NL1 own, NL2 partner, NL3 partner-own, NL4 own-partner. */
  readonly order?: string;
  readonly initials?: string;
  readonly firstNames?: readonly string[];
  readonly callName?: string;
  readonly prefix?: readonly string[];
  readonly suffix?: readonly string[];
  readonly text?: string;
  readonly period?: { start?: string; end?: string };
}

export type HumanName = Record<string, unknown>;

export function humanName(parts: NameParts): HumanName | undefined {
  const own = joined(parts.ownPrefix, parts.ownName);
  const partner = joined(parts.partnerPrefix, parts.partnerName);
  const order = parts.order ?? orderOf(parts, own, partner);
  const family = parts.composed ?? compose(own, partner, order);
  const given = givenOf(parts);
  const text =
    parts.text ??
    joined(...(parts.prefix ?? []), callOrInitials(parts), family, ...(parts.suffix ?? []));
  if (text === undefined) return undefined;
  const pieces = familyExtensions(parts);
  return {
    ...(order !== undefined && partner !== undefined
      ? { extension: [{ url: `${STRUCTURE}humanname-assembly-order`, valueCode: order }] }
      : {}),
    ...(parts.use === undefined ? {} : { use: parts.use }),
    text,
    ...(family === undefined ? {} : { family }),
    ...(pieces.length === 0 ? {} : { _family: { extension: pieces } }),
    ...(given.length === 0
      ? {}
      : { given: given.map(([name]) => name), _given: given.map(([, code]) => qualifier(code)) }),
    ...(parts.prefix?.length ? { prefix: [...parts.prefix] } : {}),
    ...(parts.suffix?.length ? { suffix: [...parts.suffix] } : {}),
    ...(parts.period === undefined ? {} : { period: parts.period }),
  };
}

/** `AB`, `A B`, `a.b` or `A.B.` written as `A.B.`; digraphs such as `Ch.` stay whole. */
export function initialsOf(text: string): string {
  const letters = text.includes('.')
    ? text.split(/[.\s]+/)
    : text.split(/\s+/).flatMap((part) => [...part]);
  return letters
    .filter((letter) => letter !== '')
    .map((letter) => `${letter.slice(0, 1).toUpperCase()}${letter.slice(1)}.`)
    .join('');
}

const joined = (...parts: readonly (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined && part !== '').join(' ') || undefined;

const callOrInitials = (parts: NameParts): string | undefined =>
  parts.initials ?? joined(...(parts.firstNames ?? [])) ?? parts.callName;

function compose(own: string | undefined, partner: string | undefined, order: string | undefined) {
  if (own === undefined || partner === undefined) return own ?? partner;
  if (order === 'NL1') return own;
  if (order === 'NL2') return partner;
  return order === 'NL3' ? `${partner}-${own}` : `${own}-${partner}`;
}

/** Which way round a written-out surname uses its parts; undefined when it shows neither. */
function orderOf(
  { composed, ownName, partnerName }: NameParts,
  own: string | undefined,
  partner: string | undefined,
) {
  if (composed === undefined || own === undefined || partner === undefined) return undefined;
  const text = composed.toLowerCase();
  const whole = { own: placesOf(text, own).at(-1), partner: placesOf(text, partner)[0] };
  // The first name may stand without its prefix: `Berg-de Vries` of van den Berg and de Vries.
  const atOwn = whole.own ?? placesOf(without(text, partner), ownName).at(-1);
  const atPartner = whole.partner ?? placesOf(without(text, own), partnerName)[0];
  if (atOwn !== undefined && atPartner !== undefined) return atPartner < atOwn ? 'NL3' : 'NL4';
  if (atOwn !== undefined) return 'NL1';
  return atPartner === undefined ? undefined : 'NL2';
}

/** Where a name stands as words of its own. */
function placesOf(text: string, name: string | undefined): number[] {
  const wanted = name?.toLowerCase() ?? '';
  const isLetter = (sign: string | undefined) => sign !== undefined && /\p{L}/u.test(sign);
  const places: number[] = [];
  for (let from = 0; wanted !== ''; from += 1) {
    from = text.indexOf(wanted, from);
    if (from < 0) break;
    if (!isLetter(text[from - 1]) && !isLetter(text[from + wanted.length])) places.push(from);
  }
  return places;
}

const without = (text: string, name: string): string =>
  text.replace(name.toLowerCase(), (found) => ' '.repeat(found.length));

function familyExtensions(parts: NameParts): unknown[] {
  const named: [string, string | undefined][] = [
    ['humanname-own-prefix', parts.ownPrefix],
    ['humanname-own-name', parts.ownName],
    ['humanname-partner-prefix', parts.partnerPrefix],
    ['humanname-partner-name', parts.partnerName],
  ];
  return named.flatMap(([name, value]) =>
    value === undefined ? [] : [{ url: `${STRUCTURE}${name}`, valueString: value }],
  );
}

function givenOf(parts: NameParts): [string, 'IN' | 'BR' | 'CL'][] {
  const given: [string, 'IN' | 'BR' | 'CL'][] = [];
  if (parts.initials !== undefined) given.push([parts.initials, 'IN']);
  for (const name of parts.firstNames ?? []) given.push([name, 'BR']);
  if (parts.callName !== undefined) given.push([parts.callName, 'CL']);
  return given;
}

const qualifier = (code: string) => ({
  extension: [{ url: `${STRUCTURE}iso21090-EN-qualifier`, valueCode: code }],
});
