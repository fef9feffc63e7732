/**
 * Exports of one record or of a group of them, for one client: gathered part by part as `everything`
 * decides them, kept sealed under the key of each record until they expire, and decided again for
 * every resource when a file is fetched. So a withdrawal counts for files that were made before it
 * (consent.md 7.2).
 */
import { randomUUID } from 'node:crypto';
import type { FhirVersion, Resource } from '../conformance/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import { fileLines, gatherFiles } from './export-files.ts';
import {
  addExport,
  countExports,
  dropExports,
  type ExportRow,
  endExport,
  exportCounts,
  fillExport,
  findExport,
  sweepExportRows,
} from './export-rows.ts';
import { createPatientGroups, PATIENT_GROUP_LIMITS, type PatientGroups } from './patient-groups.ts';
import type { RecordViews } from './record-views.ts';
import type { EverythingQuestion } from './release-everything.ts';
import type { ReleasedResource } from './released-resource.ts';
import {
  gatherRun,
  type ResearchParts,
  type StudyRun,
  studyOfAsker,
  underPseudonym,
} from './research/study-run.ts';

const EXPORT_LIMITS = {
  jobsOfClientMax: 4,
  keptHoursMax: 24,
  peopleMax: PATIENT_GROUP_LIMITS.peopleMax,
  /** Records that are looked for side by side. */
  placesTogether: 100,
  /** Without a sign of life for so long, whoever ran it is gone. */
  silentSecondsMax: 120,
} as const satisfies Record<string, number>;

export interface ExportAsked {
  readonly version: FhirVersion;
  /** Ids of the Patients; absent where the token names the person. */
  readonly patients?: readonly string[];
  /** What the ledger calls it: `Patient/$export` or `Group/$export`. */
  readonly path: string;
  readonly types?: readonly string[];
  readonly since?: Date;
  readonly base: string;
  /** Address of the request, for the manifest. */
  readonly request: string;
  /** Of whoever permits the study of the asker, under the names of that study. */
  readonly forStudy?: boolean;
}

export interface ExportStatus {
  readonly state: 'running' | 'done' | 'failed';
  readonly resources: number;
  readonly created: Date;
  readonly expires: Date;
  readonly request: string;
  /** Once it is done: types that have resources, with how many. */
  readonly files: readonly { readonly type: string; readonly count: number }[];
  /** Of an export for a study. */
  readonly study?: StudyRun;
}

/** How a resource of this door is written in a file; undefined leaves it out. */
export type Face = (released: ReleasedResource, person: ExportedPerson) => Resource | undefined;

export interface Exports {
  /** Lists of people that a client exports together. */
  readonly groups: PatientGroups;
  /** @throws Problem `throttled` when the client has too many. */
  start(
    access: AccessRequest,
    vault: string | undefined,
    asked: ExportAsked,
    face: Face,
  ): Promise<string>;
  /** @throws Problem `not-found`: unknown, expired, taken back or another client's. */
  status(access: AccessRequest, id: string): Promise<ExportStatus>;
  /** Takes it back: the files go, and whoever runs it stops. */
  cancel(access: AccessRequest, id: string): Promise<void>;
  /** The lines of one file, as far as they may be seen now. */
  file(
    access: AccessRequest,
    vault: string | undefined,
    id: string,
    type: string,
  ): Promise<AsyncIterable<Buffer>>;
  sweep(): Promise<number>;
}

export interface ExportParts {
  readonly database: Database;
  readonly store: Store;
  readonly views: RecordViews;
  readonly clock: Clock;
  readonly failed: (error: unknown) => void;
  readonly research: ResearchParts;
}

/** What was asked, as it lies sealed beside the job. */
export interface KeptExport {
  readonly question: Omit<EverythingQuestion, 'version' | 'since'> & { readonly since?: string };
  readonly version: FhirVersion['name'];
  readonly request: string;
  readonly people: readonly ExportedPerson[];
  readonly study?: StudyRun;
  /** Asked for research: only asked for research its files may be fetched. */
  readonly forStudy?: boolean;
}

/** One whose record is asked for. */
export interface ExportedPerson {
  /** Id of the Patient; absent where the token names the person. */
  readonly id?: string;
  /** Whose key seals the files; nobody's record has no files. */
  readonly vault?: string;
}

/** Who asks for an export, and whom the token names. */
export interface Asker {
  readonly access: AccessRequest;
  readonly vault: string | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Exports run in this process; one whose process ended shows as failed and can be asked again. */
export function createExports(parts: ExportParts): Exports {
  const { database, store, clock } = parts;

  async function found(
    access: AccessRequest,
    id: string,
  ): Promise<ExportRow & { kept: KeptExport }> {
    const row = UUID.test(id) ? await findExport(database, id, access.client, clock()) : undefined;
    if (!row) throw new Problem('not-found', 'There is no such export.', { code: 'export' });
    const request = store.unsealForGateway('export', id, row.request).toString('utf8');
    const kept = JSON.parse(request) as KeptExport;
    // What was made for a study is fetched for research, under that decision, or not at all.
    if (kept.forStudy) studyOfAsker(access);
    return { ...row, kept };
  }

  return {
    groups: createPatientGroups(database, store, clock),
    start: (access, vault, asked, face) => start(parts, { access, vault, face }, asked),
    async status(access, id) {
      const { state, resources, created, expires, kept } = await found(access, id);
      const files = state === 'done' ? await exportCounts(database, id) : [];
      const { request, study } = kept;
      return { state, resources, created, expires, request, files, ...(study ? { study } : {}) };
    },
    async cancel(access, id) {
      await found(access, id);
      await dropExports(database, [id]);
    },
    async file(access, vault, id, type) {
      const { state, kept } = await found(access, id);
      const counts = state === 'done' ? await exportCounts(database, id) : [];
      if (!counts.some((one) => one.type === type)) {
        throw new Problem('not-found', 'There is no such file.', { code: 'export' });
      }
      const asks = kept.forStudy ? underPseudonym(access) : access;
      return fileLines(parts, { access: asks, vault }, kept, { id, type });
    },
    sweep() {
      const now = clock();
      const silent = new Date(now.getTime() - EXPORT_LIMITS.silentSecondsMax * 1000);
      return sweepExportRows(database, now, silent);
    },
  };
}

async function start(
  parts: ExportParts,
  asker: Asker & { readonly face: Face },
  asked: ExportAsked,
): Promise<string> {
  const { database, store, clock } = parts;
  const { client } = asker.access;
  const created = clock();
  if ((await countExports(database, client, created)) >= EXPORT_LIMITS.jobsOfClientMax) {
    throw new Problem('throttled', 'Take back an export before asking for another.', {
      code: 'too-many-exports',
      retryAfterSeconds: 60,
    });
  }
  const lasting = {
    base: asked.base,
    path: asked.path,
    event: 'export' as const,
    ...(asked.types ? { types: asked.types } : {}),
  };
  const question: EverythingQuestion = {
    ...lasting,
    version: asked.version,
    ...(asked.since ? { since: asked.since } : {}),
  };
  const { forStudy } = asked;
  if (forStudy) await parts.research.admit(underPseudonym(asker.access));
  const people = forStudy ? [] : await peopleOf(parts, asker, asked);
  const since = asked.since?.toISOString();
  const kept: KeptExport = {
    question: { ...lasting, ...(since === undefined ? {} : { since }) },
    version: asked.version.name,
    request: asked.request,
    people,
    ...(forStudy ? { forStudy } : {}),
  };
  const id = randomUUID();
  const request = store.sealForGateway('export', id, Buffer.from(JSON.stringify(kept)));
  const expires = new Date(created.getTime() + EXPORT_LIMITS.keptHoursMax * 3_600_000);
  await addExport(database, { id, client, request, created, expires });
  const gathering = forStudy
    ? gatherStudy(parts, asker, { id, question, kept, version: asked.version })
    : gatherFiles(parts, asker, { id, question, people });
  void gathering.catch(async (error: unknown) => {
    parts.failed(error);
    await endExport(database, id, 'failed', clock()).catch(() => undefined);
  });
  return id;
}

interface StudyAsked {
  readonly id: string;
  readonly question: EverythingQuestion;
  readonly kept: KeptExport;
  readonly version: FhirVersion;
}

/** First who takes part, then their files, under the names of the study. */
async function gatherStudy(
  parts: ExportParts,
  asker: Asker,
  { id, question, kept, version }: StudyAsked,
): Promise<void> {
  const { database, store, clock, research } = parts;
  const at = { job: id, version, now: clock() };
  const { run, people, face } = await gatherRun(research, asker.access, at);
  const known = Buffer.from(JSON.stringify({ ...kept, people, study: run } satisfies KeptExport));
  const request = store.sealForGateway('export', id, known);
  if (!(await fillExport(database, id, request, clock()))) return;
  const access = underPseudonym(asker.access);
  await gatherFiles(
    parts,
    { access, vault: undefined, face },
    { id, question, people, study: true },
  );
}

/** Whose records, each once, with what seals their part. */
async function peopleOf(
  { store, database }: ExportParts,
  { access, vault }: Asker,
  { patients }: ExportAsked,
): Promise<ExportedPerson[]> {
  if (patients === undefined) return [vault === undefined ? {} : { vault }];
  if (patients.length > EXPORT_LIMITS.peopleMax) {
    throw new Problem('too-large', 'An export is of at most 10,000 people.', {
      code: 'too-many-people',
    });
  }
  const custodian = access.aanbieder;
  const held = custodian === undefined ? {} : { custodian };
  const placed = async (id: string): Promise<ExportedPerson> => {
    const place = await store.place(database, { type: 'Patient', id, ...held });
    return place ? { id, vault: place.vault } : { id };
  };
  const ids = [...new Set(patients)];
  const people: ExportedPerson[] = [];
  for (let at = 0; at < ids.length; at += EXPORT_LIMITS.placesTogether) {
    const some = ids.slice(at, at + EXPORT_LIMITS.placesTogether);
    people.push(...(await Promise.all(some.map(placed))));
  }
  return people;
}
