/** Every format that a message may come in, in the order in which they are tried. */
import { openEdifact } from './edifact/edifact-format.ts';
import { fhirFormat } from './fhir-push/fhir-format.ts';
import type { MessageFormat } from './format.ts';
import { openHl7v2 } from './hl7v2/hl7v2-format.ts';
import { hl7v3Formats } from './hl7v3/hl7v3-format.ts';
import { namingPractitioners } from './named-practitioners.ts';
import { showingReferences } from './shown-references.ts';
import { wordingConcepts } from './worded-concepts.ts';

export const formats: readonly MessageFormat[] = [
  fhirFormat,
  ...[openHl7v2(), ...hl7v3Formats, openEdifact()]
    .map(wordingConcepts)
    .map(showingReferences)
    .map(namingPractitioners),
];
