/**
 * The categories that choices are made in. consent.md section 2; the type-to-category map is data.
 */
import { readRuleBook } from './rule-book.ts';

/** gegevenscategorie, system http://fhir.nl/otv/CodeSystem/gegevenscategorie. */
export type DataCategory = 'GGC002' | 'GGC012' | 'GGC013';

/** Holder and recipient categories. STORE is the patient's own store, RES a research body. */
const CATEGORIES = [
  ...(['HA', 'APO', 'ZKH', 'LAB', 'VV', 'GGZ', 'OVZ', 'EU', 'RES', 'STORE'] as const),
] as const;

export type ConsentCategory = (typeof CATEGORIES)[number];

/** Whether it is one of them: a choice that names another is about nobody who is known here. */
export const isConsentCategory = (value: string): value is ConsentCategory =>
  (CATEGORIES as readonly string[]).includes(value);

interface OrganisationTypes {
  readonly types: Readonly<Record<string, ConsentCategory>>;
  readonly recipientCategoryCodes: Readonly<Partial<Record<ConsentCategory, string>>>;
  readonly dataCategoryAskedOf: Readonly<Partial<Record<ConsentCategory, DataCategory>>>;
}

let book: (OrganisationTypes & { version: string }) | undefined;

function organisationTypes(): OrganisationTypes {
  book ??= readRuleBook<OrganisationTypes>('organisation-types');
  return book;
}

/**
 * @param type national organisation type, for instance `Z3`.
 * @returns undefined for a type that no category was agreed for.
 */
export function categoryOfType(type: string): ConsentCategory | undefined {
  const { types } = organisationTypes();
  return Object.hasOwn(types, type) ? types[type] : undefined;
}

/** The register's code (`RPZAC001` …) of a recipient category, where it has one. */
export function recipientCode(category: ConsentCategory): string | undefined {
  return organisationTypes().recipientCategoryCodes[category];
}

/** The consent category behind a national recipient code (`RPZAC001` …). */
export function categoryOfRecipientCode(code: string): ConsentCategory | undefined {
  const entries = Object.entries(organisationTypes().recipientCategoryCodes);
  return entries.find(([, value]) => value === code)?.[0] as ConsentCategory | undefined;
}

/** The data category that the register is asked about a holder of this category (2.2). */
export function dataCategoryAskedOf(holder: ConsentCategory): DataCategory {
  return organisationTypes().dataCategoryAskedOf[holder] ?? 'GGC002';
}
