/**
 * The files of an export: gathered record by record, and read again under the decision of the
 * moment. https://hl7.org/fhir/uv/bulkdata/export.html
 */
import {
  type FhirVersion,
  R4,
  type Resource,
  r4TypeOf,
  STU3,
  writeFhir,
} from '../conformance/index.ts';
import { addChunk, endExport, exportChunk, exportRecords, touchExport } from './export-rows.ts';
import type { Asker, ExportedPerson, ExportParts, Face, KeptExport } from './exports.ts';
import type { EverythingQuestion } from './release-everything.ts';
import type { ReleasedResource } from './released-resource.ts';

const EXPORT_FILE_LIMITS = {
  /** A piece of a file, before sealing. */
  chunkBytesMax: 1_048_576,
  /** Records that are looked up together when a file is read. */
  recordsOfPageMax: 500,
  /** Records that are gathered, or decided again, side by side: their ledger lines go together. */
  recordsTogether: 4,
} as const satisfies Record<string, number>;

export interface Running {
  readonly id: string;
  readonly question: EverythingQuestion;
  readonly people: readonly ExportedPerson[];
  /** Under pseudonyms: several holders' words on one person are one person. */
  readonly study?: boolean;
}

interface OpenFile {
  lines: Buffer[];
  bytes: number;
  resources: number;
  number: number;
}

type Gathering = Asker & { readonly face: Face };

/** Gathers all files; stops quietly when the export was taken back meanwhile. */
export async function gatherFiles(
  parts: ExportParts,
  asker: Gathering,
  running: Running,
): Promise<void> {
  const { recordsTogether } = EXPORT_FILE_LIMITS;
  const people = running.people.map((person, record) => ({ record, person }));
  for (let at = 0; at < people.length; at += recordsTogether) {
    const gathered = await Promise.allSettled(
      people.slice(at, at + recordsTogether).map((one) => gatherRecord(parts, asker, running, one)),
    );
    const isWhole = gathered.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    if (isWhole.includes(false)) return;
  }
  await endExport(parts.database, running.id, 'done', parts.clock());
}

/** @returns false when the export was taken back. */
async function gatherRecord(
  parts: ExportParts,
  { access, vault: tokenVault, face }: Gathering,
  { id, question, study }: Running,
  { record, person }: { readonly record: number; readonly person: ExportedPerson },
): Promise<boolean> {
  const { database, store, views, clock } = parts;
  const { vault } = person;
  const files = new Map<string, OpenFile>();
  const flush = async (type: string, file: OpenFile): Promise<boolean> => {
    if (file.resources === 0 || vault === undefined) return true;
    const { number, resources } = file;
    const sealer = await store.sealer(database, { vault, purpose: 'export' });
    const sealed = sealer.seal(pieceOf({ id, type, record, number }), Buffer.concat(file.lines));
    files.set(type, { lines: [], bytes: 0, resources: 0, number: number + 1 });
    return addChunk(database, { job: id, type, record, number, resources, sealed }, clock());
  };
  const asked = person.id === undefined ? question : { ...question, id: person.id };
  const named = person.id === undefined ? vault : tokenVault;
  for await (const { resources } of views.everything(access, named, asked)) {
    if (!(await touchExport(database, id, clock()))) return false;
    for (const one of resources) {
      const resource = face(one, person);
      const type = resource?.resourceType ?? '';
      if (!resource || (study && type === 'Patient' && files.has(type))) continue;
      const file = files.get(type) ?? { lines: [], bytes: 0, resources: 0, number: 0 };
      files.set(type, file);
      const line = lineOf(one, resource, question.version);
      file.lines.push(line);
      file.bytes += line.length;
      file.resources += 1;
      const isFull = file.bytes >= EXPORT_FILE_LIMITS.chunkBytesMax;
      if (isFull && !(await flush(type, file))) return false;
    }
  }
  for (const [type, file] of files) if (!(await flush(type, file))) return false;
  return true;
}

/** Bound into the seal of a piece, so that none can stand in for another. */
const pieceOf = (piece: { id: string; type: string; record: number; number: number }): string =>
  `${piece.id}|${piece.type}|${piece.record}|${piece.number}`;

/** The name of the row stands before the line, so that it can be decided again. */
function lineOf(one: ReleasedResource, resource: Resource, version: FhirVersion): Buffer {
  const json = writeFhir(resource, { format: 'json', version });
  return Buffer.concat([Buffer.from(`${nameOf(one)}\t`), json, Buffer.from('\n')]);
}

const nameOf = ({ type, id, custodian }: ReleasedResource): string => `${type}/${id}/${custodian}`;

interface AskedFile {
  readonly id: string;
  readonly type: string;
}

/** The lines of one file: of each record it is asked first what may be seen now. */
export async function* fileLines(
  parts: ExportParts,
  asker: Asker,
  kept: KeptExport,
  asked: AskedFile,
): AsyncGenerator<Buffer> {
  let after = -1;
  for (;;) {
    const max = EXPORT_FILE_LIMITS.recordsOfPageMax;
    const records = await exportRecords(parts.database, { ...asked, after, max });
    const known = records.flatMap((record) => {
      const person = kept.people[record];
      return person?.vault === undefined ? [] : [{ record, person, vault: person.vault }];
    });
    const decide = ({ person }: (typeof known)[number]) =>
      visibleNow(parts, asker, kept, { type: asked.type, person });
    for await (const [{ record, vault }, visible] of ahead(known, decide)) {
      yield* recordLines(parts, { ...asked, record, vault }, visible);
    }
    after = records.at(-1) ?? after;
    if (records.length < max) return;
  }
}

/** Each with what is found of it, in order; a few are worked on before they are asked for. */
async function* ahead<Item, Found>(
  items: readonly Item[],
  work: (item: Item) => Promise<Found>,
): AsyncGenerator<readonly [Item, Found]> {
  const running: Promise<Found>[] = [];
  for (const [at, item] of items.entries()) {
    while (running.length < EXPORT_FILE_LIMITS.recordsTogether) {
      const next = items[at + running.length];
      if (next === undefined) break;
      const begun = work(next);
      // Whoever stops asking never sees it fail.
      begun.catch(() => undefined);
      running.push(begun);
    }
    const first = running.shift();
    if (first) yield [item, await first];
  }
}

async function* recordLines(
  { database, store }: ExportParts,
  { id, type, record, vault }: AskedFile & { readonly record: number; readonly vault: string },
  visible: ReadonlySet<string>,
): AsyncGenerator<Buffer> {
  if (visible.size === 0) return;
  const sealer = await store.sealer(database, { vault, purpose: 'export' });
  for (let number = 0; ; number += 1) {
    const sealed = await exportChunk(database, { id, type, record, number });
    if (!sealed) return;
    const text = sealer.unseal(pieceOf({ id, type, record, number }), sealed).toString('utf8');
    const shown = text.split('\n').flatMap((line) => {
      const tab = line.indexOf('\t');
      return visible.has(line.slice(0, tab)) ? [`${line.slice(tab + 1)}\n`] : [];
    });
    if (shown.length > 0) yield Buffer.from(shown.join(''));
  }
}

async function visibleNow(
  { views }: ExportParts,
  { access, vault }: Asker,
  { question, version }: KeptExport,
  { type, person }: { readonly type: string; readonly person: ExportedPerson },
): Promise<ReadonlySet<string>> {
  const { since, ...rest } = question;
  const again = {
    ...rest,
    version: version === 'R4' ? R4 : STU3,
    types: [r4TypeOf(type)],
    ...(person.id === undefined ? {} : { id: person.id }),
    ...(since === undefined ? {} : { since: new Date(since) }),
  };
  const visible = new Set<string>();
  const named = person.id === undefined ? person.vault : vault;
  for await (const { resources } of views.everything(access, named, again)) {
    for (const one of resources) visible.add(nameOf(one));
  }
  return visible;
}
