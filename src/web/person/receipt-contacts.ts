/** Whom a person asks about the data that a choice is of: the privacy officer of each holder. */
import type { Organisation } from '../../identity/index.ts';
import type { ConsentRule } from '../../permission/index.ts';
import type { Language, Text } from '../../platform/html/language.ts';
import { HOLDERS } from '../plain-words.ts';

const CONTACTS_MAX = 12;

const T = {
  officer: { nl: 'functionaris gegevensbescherming', en: 'data protection officer' },
  unknown: {
    nl: 'vraag daar naar de functionaris gegevensbescherming',
    en: 'ask there for the data protection officer',
  },
} as const satisfies Record<string, Text>;

/** A holder with what its directory entry says of its officer. */
export interface ReceiptContact {
  readonly organisation: string;
  readonly ura: string;
  readonly town?: string;
  readonly privacyOfficer?: Organisation['privacyOfficer'];
}

/** Holders that the rules are about; those of a named organisation first. */
export function receiptContacts(
  rules: readonly Pick<ConsentRule, 'holder'>[],
  organisations: readonly Organisation[],
): readonly ReceiptContact[] {
  const named = new Set(
    rules.flatMap(({ holder }) => (holder.level === 'org' ? [holder.value] : [])),
  );
  const isHolder = ({ id, category, connection }: Organisation): boolean =>
    connection === 'connected' &&
    (HOLDERS as readonly string[]).includes(category) &&
    rules.some(
      ({ holder }) =>
        holder.level === 'any' || (holder.level === 'cat' && holder.value === category),
    ) &&
    !named.has(id);
  return [...organisations.filter(({ id }) => named.has(id)), ...organisations.filter(isHolder)]
    .slice(0, CONTACTS_MAX)
    .map(({ name, ura, town, privacyOfficer }) => ({
      ...{ organisation: name, ura },
      ...(town === undefined ? {} : { town }),
      ...(privacyOfficer === undefined ? {} : { privacyOfficer }),
    }));
}

/** One holder in words. */
export function contactText(contact: ReceiptContact, language: Language): string {
  const { organisation, town, privacyOfficer } = contact;
  const where = town === undefined ? organisation : `${organisation}, ${town}`;
  if (!privacyOfficer) return `${where}: ${T.unknown[language]}`;
  const { name, email, phone } = privacyOfficer;
  const told = [name, email, phone].filter((one) => one !== undefined).join(', ');
  return `${where}: ${T.officer[language]}, ${told}`;
}
