/**
 * One Provenance for each version that a source wrote over FHIR itself: there is no message then,
 * and the resource is its own original (architecture D6). Made when it is asked for, like that of a
 * message, and decided like the version that it is about, which its id names.
 */
import { R4, type Resource } from '../../conformance/index.ts';
import type { Grant } from '../../permission/index.ts';
import type { StoredResource } from '../../store/index.ts';
import { fetchOne, verdictOn } from '../release-read.ts';
import type { Opened } from '../search-pool.ts';
import type { ProvenanceParts } from './made-provenance.ts';

const PARTICIPANT = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';
const OPERATION = 'http://terminology.hl7.org/CodeSystem/v3-DataOperation';
const URA = 'http://fhir.nl/fhir/NamingSystem/ura';
const URN = 'urn:ietf:rfc:3986';

/** An id of FHIR is no longer; of a version whose name would be, there is none. */
const ID_LENGTH_MAX = 64;
const WRITTEN = /^([A-Z][A-Za-z]{1,40})\.([1-9]\d{0,8})\.([A-Za-z0-9.-]{1,60})$/;

interface Written {
  readonly type: string;
  readonly id: string;
  readonly version: number;
}

/** What the id of such a Provenance is about. */
export function writtenOf(id: string): Written | undefined {
  const [, type, version, of] = WRITTEN.exec(id) ?? [];
  return type === undefined || of === undefined
    ? undefined
    : { type, id: of, version: Number(version) };
}

/** Of what came as a message the message tells, and nothing tells of a Provenance. */
function nameOf({ type, version, id, originalId, deleted }: StoredResource): string | undefined {
  if (originalId !== undefined || deleted || type === 'Provenance') return undefined;
  const name = `${type}.${version}.${id}`;
  return name.length > ID_LENGTH_MAX ? undefined : name;
}

/** @param seen what may be seen, as it was decided. */
export async function writtenProvenances(
  { uraOf }: Pick<ProvenanceParts, 'uraOf'>,
  seen: readonly Opened[],
): Promise<Opened[]> {
  const made: Opened[] = [];
  for (const { row, verdict } of seen) {
    const name = nameOf(row);
    if (name === undefined) continue;
    const resource = provenanceOf(row, name, await uraOf?.(row.custodian));
    const facts = {
      ...row.facts,
      id: name,
      type: 'Provenance',
      as: { type: row.type, id: row.id },
    };
    const bytes = Buffer.from(JSON.stringify(resource));
    const { vault, custodian, updated } = row;
    const head = { vault, type: 'Provenance', id: name, version: 1, custodian, updated };
    made.push({ row: { ...head, native: 'R4', deleted: false, facts, bytes }, verdict });
  }
  return made;
}

/** By its id, current or not. */
export async function writtenProvenance(
  parts: ProvenanceParts,
  vault: string,
  grant: Grant,
  where: { readonly id: string; readonly custodian?: string },
): Promise<Opened | undefined | 'moved'> {
  const about = writtenOf(where.id);
  if (!about) return undefined;
  const { type, id, version: vid } = about;
  const named = { ...where, type, id };
  const one = await fetchOne(parts, vault, grant, named, { version: R4, type, id, vid });
  if (one === undefined || one === 'moved') return one;
  const [made] = await writtenProvenances(parts, [
    { row: one.row, verdict: verdictOn(grant, one) },
  ]);
  return made;
}

function provenanceOf(row: StoredResource, id: string, ura: string | undefined): Resource {
  const holder =
    ura === undefined
      ? { system: URN, value: `urn:uuid:${row.custodian}` }
      : { system: URA, value: ura };
  return {
    resourceType: 'Provenance',
    id,
    target: [{ reference: `${row.type}/${row.id}/_history/${row.version}` }],
    recorded: row.updated.toISOString(),
    activity: {
      coding: [{ system: OPERATION, code: row.version === 1 ? 'CREATE' : 'UPDATE' }],
    },
    agent: [
      { type: participant('author', 'Author'), who: { identifier: holder } },
      { type: participant('assembler', 'Assembler'), who: { display: 'Zorgsluis' } },
    ],
  };
}

const participant = (code: string, display: string) => ({
  coding: [{ system: PARTICIPANT, code, display }],
});
