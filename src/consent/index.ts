/** The patient's choices, and the one way out of the record. */
export { availabilityOf } from './availability.ts';
export type { ChoiceChange, Choices, NewRule } from './choice.ts';
export { type ChoiceBook, type Saved } from './choices.ts';
export { type Consent, createConsent } from './create-consent.ts';
export { changesForCell, LOCK, type Matrix, matrixOf } from './matrix.ts';
export { createPageCursors } from './page-cursor.ts';
export { type Preview, previewChange } from './preview.ts';
export { createRelease, type ReadQuestion, type Release, type SearchQuestion } from './release.ts';
export type { ReleasedResource, SearchAnswer } from './released-resource.ts';
