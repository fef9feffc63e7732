/**
 * What is looked at in a FHIR Consent before it is read as a choice: a limit of another form than
 * FHIR gives it would be passed over, and what may turn the meaning around is not.
 */
import { R4, type Resource, validateInline } from '../conformance/index.ts';
import { type Json, listOf, objectOf, unprocessable } from './fhir-consent-elements.ts';

/** A list in a provision, and its exceptions: each pair of them may become a rule. */
const LISTED_MAX = 200;
/** One Consent comes apart into no more than this. */
const RULES_MAX = 1_000;
/** After the day: a time, and how far from UTC. */
const OFFSET = /^T[\d:.]{8,24}(?:Z|[+-]\d\d:\d\d)$/;

/**
 * @throws Problem `unprocessable` with the place of the first fault: an element that is no list
 *   where one belongs, a moment without offset, a modifier extension or implicit rules anywhere.
 */
export function requireWellFormed(consent: Resource): void {
  const fault = validateInline(consent, R4).find(
    ({ severity }) => severity === 'error' || severity === 'fatal',
  );
  if (fault) throw unprocessable(fault.expression?.[0] ?? 'Consent', fault.text);
  const modifier = modifierIn(consent, 'Consent');
  if (modifier !== undefined) {
    throw unprocessable(modifier, 'It may turn the meaning around, and is not understood.');
  }
  // Of two choices the later one counts, and a day alone is before all that was done on that day.
  if (!OFFSET.test(String(consent['dateTime']).slice(10))) {
    throw unprocessable('Consent.dateTime', 'The moment of a choice has a time and an offset.');
  }
}

function modifierIn(value: unknown, place: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  for (const [name, inner] of Object.entries(value)) {
    const at = isList ? `${place}[${name}]` : `${place}.${name}`;
    if (name === 'modifierExtension' || name === 'implicitRules') return at;
    const found = modifierIn(inner, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @throws Problem `unprocessable` for a list of a provision that is too long to be of a person. */
export function requireShort(provision: Json): void {
  for (const one of [provision, ...listOf(provision['provision'])]) {
    for (const [name, list] of Object.entries(one)) {
      if (!Array.isArray(list) || list.length <= LISTED_MAX) continue;
      const place = `Consent.provision${one === provision ? '' : '.provision'}.${name}`;
      throw unprocessable(place, `A choice lists ${LISTED_MAX} at most.`);
    }
    // Codings of one concept are as many kinds of data.
    const codings = listOf(one['code']).reduce((sum, { coding }) => sum + listOf(coding).length, 0);
    if (codings > LISTED_MAX) {
      throw unprocessable('Consent.provision.code', `A choice lists ${LISTED_MAX} at most.`);
    }
  }
}

/** @throws Problem `unprocessable` for a choice that comes to more rules than are looked through. */
export function requireFew(rules: number): void {
  if (rules <= RULES_MAX) return;
  throw unprocessable('Consent.provision', `A choice comes to ${RULES_MAX} rules at most.`);
}

/** Who holds the data, where the Consent says so elsewhere than among the actors. */
export const organisationIn = (consent: Resource): Json =>
  objectOf(listOf(consent['organization'])[0]);
