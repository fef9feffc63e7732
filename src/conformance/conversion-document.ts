/**
 * A document of data service 51 in STU3: its profile (IHE.MHD.Minimal.DocumentReference of Nictiz)
 * forbids to say that a document is finished, and when its file was made (`indexed` says when the
 * document was). Both stay in R4; what a document says that is not finished is left alone.
 */

import type { ConversionStep } from './conversion-map.ts';
import { profileIn } from './conversion-names.ts';
import type { Place } from './conversion-place.ts';
import { isObject } from './fhir-json.ts';

const MINIMAL = 'http://nictiz.nl/fhir/StructureDefinition/IHE.MHD.Minimal.DocumentReference';
const REASON = 'the profile of data service 51 has no place for it';

function minimalDocument(place: Place): void {
  const { run, source, path, done } = place;
  if (run.forward || !claimsMinimal(source['meta'])) return;
  if (source['docStatus'] === 'final') {
    done.add('docStatus');
    run.loss.push({ path: `${path}.docStatus`, reason: REASON });
  }
  if (source['date'] === undefined || !Array.isArray(source['content'])) return;
  source['content'] = source['content'].map((content: unknown, at) => {
    if (!isObject(content) || !isObject(content['attachment'])) return content;
    const { creation, ...attachment } = content['attachment'];
    if (creation === undefined) return content;
    run.loss.push({ path: `${path}.content[${at}].attachment.creation`, reason: REASON });
    return { ...content, attachment };
  });
}

function claimsMinimal(meta: unknown): boolean {
  const claimed = isObject(meta) ? meta['profile'] : undefined;
  return Array.isArray(claimed) && claimed.includes(profileIn(true, MINIMAL));
}

export const DOCUMENT_STEPS: Readonly<
  Record<string, (place: Place, step: ConversionStep) => void>
> = { minimalDocument };
