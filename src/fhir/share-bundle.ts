/**
 * What a person sends through an app: batch or transaction, answered with what is stored now.
 * gegevensdiensten.md section 5. https://hl7.org/fhir/R4/http.html#transaction-response
 */
import { randomUUID } from 'node:crypto';
import { type Bundle, type BundleEntry, outcomeOf, type Resource } from '../conformance/index.ts';
import type { SharedAnswer, Written } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor, Sharing } from './asking.ts';
import { face } from './face.ts';
import type { Return } from './prefer.ts';
import { locationOf, representation, statusOf } from './write-door.ts';

/** @throws Problem `not-supported` for a kind of bundle that is not taken at this address. */
export async function shareBundle(
  door: FhirDoor,
  asking: Asking,
  sharing: Sharing,
  bundle: Bundle,
  preferred: Return,
): Promise<Bundle> {
  const kind = bundle.type === 'batch' ? 'batch' : 'transaction';
  const take = sharing.bundle;
  if (!take) {
    throw new Problem('not-supported', 'Nothing is taken in at this address.', {
      code: 'not-supported',
    });
  }
  const { id, entries } = await take(kind, bundle.entry ?? []);
  const entry: BundleEntry[] = [];
  for (const one of entries) entry.push(await answerOf(door, asking, one, preferred));
  if (sharing.acknowledgement !== undefined) entry.push(acknowledged(sharing));
  return { resourceType: 'Bundle', id, type: `${kind}-response`, entry };
}

const STATUS: Readonly<Record<number, string>> = { 200: '200 OK', 201: '201 Created' };

async function answerOf(
  door: FhirDoor,
  asking: Asking,
  one: SharedAnswer['entries'][number],
  preferred: Return,
): Promise<BundleEntry> {
  if (one.problem) {
    const { status, body } = outcomeOf(one.problem, asking.version);
    return { response: { status: String(status), outcome: body } };
  }
  const { written } = one;
  const response = {
    status: STATUS[statusOf(written)] ?? '200 OK',
    location: locationOf(asking, written),
    etag: `W/"${written.version}"`,
    lastModified: written.updated.toISOString(),
  };
  const fullUrl = `${asking.base}/${written.type}/${written.id}`;
  if (preferred === 'minimal') return { fullUrl, response };
  return { fullUrl, resource: await shown(door, asking, written), response };
}

/** As stored; what was there before is read like anything else. */
async function shown(door: FhirDoor, asking: Asking, written: Written): Promise<Resource> {
  const { id, version, updated, resource } = written;
  return resource
    ? face({ id, version, updated, resource }, asking)
    : representation(door, asking, written);
}

/** The words that the app shows to the person. */
function acknowledged({ acknowledgement = '' }: Sharing): BundleEntry {
  const details = { text: acknowledgement };
  const issue = [{ severity: 'information', code: 'informational', details }];
  return {
    fullUrl: `urn:uuid:${randomUUID()}`,
    resource: { resourceType: 'OperationOutcome', issue },
    response: { status: '200 OK' },
  };
}
