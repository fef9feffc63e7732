/**
 * One Provenance for each message (source-formats.md 2.7): who sent it and when, with which mapping
 * it was read, and to the person and the sender the digest of the original. It is made when it is
 * asked for, from what stands with each row, and names only what whoever asks may see: so it is
 * decided like its targets.
 */
import type { Resource } from '../../conformance/index.ts';
import type { Grant, ResourceFacts, Verdict } from '../../permission/index.ts';
import type { Sql } from '../../platform/database.ts';
import { Problem } from '../../platform/problem.ts';
import {
  type OpenOriginal,
  type Store,
  type StoredResource,
  throughPages,
} from '../../store/index.ts';
import type { Opened } from '../search-pool.ts';

/** Both of what may be seen: what may not be counts for nothing, so no answer tells of it. */
const PROVENANCE_LIMITS = { messagesMax: 200, targetsMax: 5_000 } as const;

const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';
const SHA_256 = 'urn:oid:2.16.840.1.101.3.4.2.1';
const URN = 'urn:ietf:rfc:3986';
const URA = 'http://fhir.nl/fhir/NamingSystem/ura';

/** The person and the sender itself: whoever else asks may be shown less than the message said. */
const WHOLE_MESSAGES = new Set<Verdict['route']>(['own-right', 'sender']);

export interface ProvenanceParts {
  readonly store: Store;
  readonly database: Sql;
  /** URA of an organisation, where it has one. */
  readonly uraOf?: ((organisation: string) => Promise<string | undefined>) | undefined;
}

/**
 * @param originals ids of messages; those that are gone, or of which nothing may be seen, have
 *   none.
 */
export async function madeProvenances(
  parts: ProvenanceParts,
  vault: string,
  grant: Grant,
  originals: ReadonlySet<string>,
): Promise<Opened[] | 'moved'> {
  if (originals.size === 0) return [];
  if (originals.size > PROVENANCE_LIMITS.messagesMax) {
    throw new Problem('too-costly', 'This asks for the provenance of too many messages.');
  }
  const { store, database } = parts;
  const targets = new Map<string, Opened[]>();
  let seen = 0;
  const moved = await throughPages(store, database, { vault, epoch: grant.epoch }, (rows) => {
    for (const row of rows) {
      if (row.originalId === undefined || !originals.has(row.originalId)) continue;
      const verdict = grant.covers(row.facts);
      if (!verdict.permit) continue;
      const known = targets.get(row.originalId);
      if (known) known.push({ row, verdict });
      else targets.set(row.originalId, [{ row, verdict }]);
      seen += 1;
    }
    if (seen > PROVENANCE_LIMITS.targetsMax) {
      throw new Problem('too-costly', 'These messages brought too much to name.');
    }
  });
  if (moved) return moved;
  const made: Opened[] = [];
  for (const [original, seen] of targets) {
    const about = await store.aboutOriginal(database, original).catch(unlessGone);
    if (about?.vault === vault) made.push(await provenance(parts, about, seen));
  }
  return made;
}

/** The original may have been parted by person, or have ended with its record. */
function unlessGone(error: unknown): undefined {
  if (Problem.from(error).kind !== 'not-found') throw error;
  return undefined;
}

async function provenance(
  { uraOf }: ProvenanceParts,
  about: OpenOriginal,
  seen: readonly Opened[],
): Promise<Opened> {
  const [first] = seen;
  if (!first) throw new Error('a provenance of nothing');
  const { row, verdict } = first;
  const resource = provenanceOf(about, seen, await uraOf?.(about.custodian));
  const made: StoredResource = {
    vault: row.vault,
    type: 'Provenance',
    id: about.id,
    version: 1,
    custodian: about.custodian,
    updated: about.received,
    native: 'R4',
    deleted: false,
    facts: {
      ...row.facts,
      id: about.id,
      type: 'Provenance',
      custodian: about.custodian,
      ...labelsOf(seen.map((one) => one.row.facts)),
      as: { type: row.type, id: row.id },
    },
    bytes: Buffer.from(JSON.stringify(resource)),
  };
  return { row: made, verdict };
}

/**
 * Those of its targets together. One that no target has of itself comes from sources, which may be
 * withheld, so it shows no more here than it does there (docs/decisions/1020).
 */
function labelsOf(targets: readonly ResourceFacts[]): Pick<ResourceFacts, 'labels' | 'inherited'> {
  const own = new Set(
    targets.flatMap(({ labels, inherited = [] }) =>
      labels.filter((label) => !inherited.includes(label)),
    ),
  );
  const labels = [...new Set(targets.flatMap((one) => one.labels))].toSorted();
  return { labels, inherited: labels.filter((label) => !own.has(label)) };
}

function provenanceOf(
  about: OpenOriginal,
  seen: readonly Opened[],
  ura: string | undefined,
): Resource {
  const said = seen
    .flatMap(({ row }) => row.sourceTime ?? [])
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1);
  const mappings = new Set(seen.flatMap(({ row }) => row.mapping ?? []));
  const organisation = ura === undefined ? undefined : { identifier: { system: URA, value: ura } };
  const source = (system: string, value: string) => ({
    role: 'source',
    what: { identifier: { system, value } },
  });
  return {
    resourceType: 'Provenance',
    id: about.id,
    target: seen
      .map(({ row }) => `${row.type}/${row.id}/_history/${row.version}`)
      .toSorted()
      .map((reference) => ({ reference })),
    ...(said === undefined ? {} : { occurredDateTime: said }),
    recorded: about.received.toISOString(),
    ...(mappings.size === 0 ? {} : { policy: [...mappings].map((one) => `urn:mapping:${one}`) }),
    agent: [
      {
        type: participant('transmitter', 'Transmitter'),
        who: { display: about.sender },
        ...(organisation ? { onBehalfOf: organisation } : {}),
      },
      { type: participant('assembler', 'Assembler'), who: { display: 'Zorgsluis' } },
    ],
    entity: [
      source(URN, `urn:uuid:${about.id}`),
      // Of a message of which a part is withheld it would confirm a guess of the rest.
      ...(seen.every(({ verdict }) => WHOLE_MESSAGES.has(verdict.route))
        ? [source(SHA_256, about.sha256)]
        : []),
    ],
  };
}

const participant = (code: string, display: string) => ({
  coding: [{ system: PARTICIPANT, code, display }],
});
