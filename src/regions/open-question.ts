/**
 * The open question of a partner: who holds what I may see? The answer has the organisations that
 * the patient let this partner look at, and only those; of a holder that stayed closed there is no
 * sign, in number, size or time. regional-exchange.md C1; consent.md 4.2, 7.4.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Bundle, parseSearch, R4, type Resource } from '../conformance/index.ts';
import type { Release } from '../consent/index.ts';
import type { Organisation } from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';
import { openForPartner, type PartnerDoorParts } from './partner-door.ts';

export interface OpenQuestionDoor extends PartnerDoorParts {
  readonly release: Release;
  readonly publicUrl: string;
}

const BSN_VALUE = /^http:\/\/fhir\.nl\/fhir\/NamingSystem\/bsn\|\d{9}$/;
const URA_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/ura';
const HOLDERS_MAX = 200;

/** `POST /regio/houders` with `identifier=<bsn system>|<bsn>` in the body. */
export async function openQuestion(
  door: OpenQuestionDoor,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { access, vault } = await openForPartner(door, request);
  const { identifier } = (request.body ?? {}) as { identifier?: unknown };
  if (typeof identifier !== 'string' || !BSN_VALUE.test(identifier)) {
    throw new Problem('invalid', 'The body must name the patient by BSN.', {
      code: 'patient-required',
      expression: ['identifier'],
    });
  }
  const base = `${door.publicUrl}/fhir/r4`;
  // That a patient is known somewhere shows only where something could be seen: the same question.
  const found = await door.release.search(access, vault, {
    params: [['identifier', identifier]],
    parse: (params) =>
      parseSearch(R4, 'Patient', params as [string, string][], { strict: true, bases: [base] }),
    path: 'Patient',
    base,
    pageSizeDefault: HOLDERS_MAX,
    pageSizeMax: HOLDERS_MAX,
  });
  const ids = [...new Set(found.matches.map(({ custodian }) => custodian))];
  const holders = await Promise.all(ids.map((id) => door.organisations.byId(id)));
  return reply
    .header('cache-control', 'no-store')
    .type('application/fhir+json')
    .send(JSON.stringify(bundleOf(base, holders)));
}

function bundleOf(base: string, holders: readonly (Organisation | undefined)[]): Bundle {
  const known = holders
    .filter((one) => one !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const entry = known.map((one) => ({
    fullUrl: `${base}/Organization/${one.id}`,
    resource: resourceOf(one),
    search: { mode: 'match' as const },
  }));
  return {
    resourceType: 'Bundle',
    type: 'searchset',
    total: known.length,
    ...(entry.length > 0 ? { entry } : {}),
  };
}

function resourceOf({ id, ura, name, town }: Organisation): Resource {
  return {
    resourceType: 'Organization',
    id,
    identifier: [{ system: URA_SYSTEM, value: ura }],
    active: true,
    name,
    ...(town === undefined ? {} : { address: [{ city: town }] }),
  };
}
