/** The profile packages of an installation: a book for each FHIR version, opened when needed. */
import type { FhirVersion } from './fhir-version.ts';
import { openProfileBook, type ProfileBook } from './profile-book.ts';

export interface ProfileShelf {
  /** @throws Error when the folders cannot be read */
  book(version: FhirVersion): ProfileBook;
}

/** @param folder of FHIR packages or plain files; undefined where there are no profiles */
export function openProfileShelf(folder: string | undefined): ProfileShelf | undefined {
  if (folder === undefined) return undefined;
  const books = new Map<string, ProfileBook>();
  return {
    book(version) {
      const known = books.get(version.name) ?? openProfileBook(version, [folder]);
      books.set(version.name, known);
      return known;
    },
  };
}
