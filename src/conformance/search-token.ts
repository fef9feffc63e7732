/**
 * Tokens in searches: codes with their system, identifiers, booleans.
 * https://hl7.org/fhir/R4/search.html#token
 */
import { folded } from './search-string.ts';

export interface TokenAsked {
  /** Undefined: any system. Empty: no system may be stated (`|code`). */
  readonly system?: string;
  /** Undefined: any code of the system (`system|`). */
  readonly code?: string;
}

/**
 * One pair of system and code that an element carries; `implied` when the element itself cannot
 * state a system.
 */
export interface StoredToken {
  readonly system?: string;
  readonly code?: string;
  readonly implied: boolean;
  /** Of a ContactPoint. */
  readonly kind?: string;
  /** A code of a code system: not an identifier, nor a plain value. */
  readonly isCode?: true;
}

/** A ContactPoint looks like an Identifier, but for these words in the place of the system. */
const CONTACT_SYSTEMS = new Set(['phone', 'fax', 'email', 'pager', 'url', 'sms', 'other']);

/**
 * The tokens of a Coding, CodeableConcept, Identifier, ContactPoint, code, string, id or boolean.
 */
export function tokensOf(value: unknown): StoredToken[] {
  if (typeof value !== 'object' || value === null) {
    return value === undefined || value === null ? [] : [{ code: String(value), implied: true }];
  }
  const { coding, system, code, value: text } = value as Record<string, unknown>;
  if (Array.isArray(coding)) return coding.flatMap(tokensOf);
  if (typeof text === 'string') {
    return CONTACT_SYSTEMS.has(String(system))
      ? [{ code: text, implied: true, kind: String(system) }]
      : [stated(system, text)];
  }
  if (CONTACT_SYSTEMS.has(String(system))) return [];
  if (typeof code === 'object' && code !== null) return tokensOf(code);
  if (system === undefined && code === undefined) return [];
  return [stated(system, code, true)];
}

function stated(system: unknown, code: unknown, isCode?: true): StoredToken {
  const token: { -readonly [K in keyof StoredToken]: StoredToken[K] } = { implied: false };
  if (typeof system === 'string' && system !== '') token.system = system;
  if (code !== undefined && code !== null) token.code = String(code);
  if (isCode) token.isCode = true;
  return token;
}

/** @param systems what a bound `code` without a system of its own may stand for */
export function matchesToken(
  stored: StoredToken,
  asked: TokenAsked,
  systems: readonly string[],
): boolean {
  if (asked.code !== undefined && !sameCode(stored, asked.code)) return false;
  if (asked.system === undefined) return true;
  if (asked.system === '') return stored.system === undefined;
  if (stored.kind !== undefined) return stored.kind === asked.system;
  return stored.implied ? systems.includes(asked.system) : stored.system === asked.system;
}

/**
 * Of a ContactPoint what it means counts (search.html#token): capitals make no difference in an
 * address of e-mail, nor do blanks and punctuation in a number.
 */
function sameCode({ code, kind, isCode, system }: StoredToken, asked: string): boolean {
  if (code === asked) return true;
  if (code === undefined) return false;
  if (isCode) return spellings(system, asked).includes(code);
  if (kind === undefined) return false;
  if (kind === 'email') return code.toLowerCase() === asked.toLowerCase();
  return NUMBERS.has(kind) && DIGIT.test(asked) && dialled(code) === dialled(asked);
}

/** UCUM, HL7 and IETF: capitals tell codes apart, or one spelling is published. */
const EXACT =
  /^(http:\/\/unitsofmeasure\.org$|http:\/\/(terminology\.)?hl7\.org\/(?!fhir\/sid\/)|urn:ietf:)/;

/**
 * How a code that was asked for may be stored: as asked, in small letters or in capitals. When in
 * doubt too much is found rather than too little (search.html#token); tokens are hashed, so it is
 * these three and no other mixture.
 * @param system undefined: of a code that states none
 */
export function spellings(system: string | undefined, code: string): readonly string[] {
  if (!LETTER.test(code) || EXACT.test(system ?? '')) return [code];
  return [...new Set([code, code.toLowerCase(), code.toUpperCase()])];
}

const LETTER = /\p{L}/u;

const NUMBERS: ReadonlySet<string> = new Set(['phone', 'fax', 'pager', 'sms']);
const DIGIT = /\d/;

const dialled = (number: string): string => number.replace(/[\s().\-/]/g, '');

/** `:text`: the words that stand with the code. `asked` is folded. */
export function matchesTokenText(value: unknown, asked: string): boolean {
  return displaysOf(value).some((text) => folded(text).startsWith(asked));
}

function displaysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { text, display, coding, type } = value as Record<string, unknown>;
  const own = [text, display].filter((one) => typeof one === 'string');
  const codings = Array.isArray(coding) ? coding.flatMap(displaysOf) : [];
  return [...own, ...codings, ...displaysOf(type)];
}

/** `:of-type`: an identifier of that type with that value. */
export function matchesIdentifierType(
  value: unknown,
  type: TokenAsked,
  identifier: string,
): boolean {
  const { type: own, value: text } = (value ?? {}) as Record<string, unknown>;
  return text === identifier && tokensOf(own).some((token) => matchesToken(token, type, []));
}
