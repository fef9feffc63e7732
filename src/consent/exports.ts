/**
 * Exports of one record for one client: gathered part by part as `everything` decides them, kept
 * sealed under the key of the record until they expire, and decided again for every resource when a
 * file is fetched. So a withdrawal counts for files that were made before it (consent.md 7.2).
 */
import { randomUUID } from 'node:crypto';
import { type FhirVersion, R4, type Resource, STU3, writeFhir } from '../conformance/index.ts';
import type { AccessRequest } from '../permission/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { Problem } from '../platform/problem.ts';
import type { Store } from '../store/index.ts';
import {
  addChunk,
  addExport,
  countExports,
  dropExports,
  type ExportRow,
  endExport,
  exportChunk,
  exportCounts,
  findExport,
  sweepExportRows,
  touchExport,
} from './export-rows.ts';
import type { RecordViews } from './record-views.ts';
import type { EverythingQuestion } from './release-everything.ts';
import type { ReleasedResource } from './released-resource.ts';

export const EXPORT_LIMITS = {
  jobsOfClientMax: 4,
  keptHoursMax: 24,
  /** A piece of a file, before sealing. */
  chunkBytesMax: 1_048_576,
  /** Without a sign of life for so long, whoever ran it is gone. */
  silentSecondsMax: 120,
} as const satisfies Record<string, number>;

export interface ExportAsked {
  readonly version: FhirVersion;
  /** Id of the Patient; absent where the token names the person. */
  readonly patient?: string;
  readonly types?: readonly string[];
  readonly since?: Date;
  readonly base: string;
  /** Address of the request, for the manifest. */
  readonly request: string;
}

export interface ExportStatus {
  readonly state: 'running' | 'done' | 'failed';
  readonly resources: number;
  readonly created: Date;
  readonly expires: Date;
  readonly request: string;
  /** Once it is done: types that have resources, with how many. */
  readonly files: readonly { readonly type: string; readonly count: number }[];
}

/** How a resource of this door is written in a file. */
export type Face = (released: ReleasedResource) => Resource;

export interface Exports {
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
}

interface Kept {
  readonly question: Omit<EverythingQuestion, 'version' | 'since'> & { readonly since?: string };
  readonly version: FhirVersion['name'];
  readonly request: string;
  /** Nobody's record has no files. */
  readonly vault?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Exports run in this process; one whose process ended shows as failed and can be asked again. */
export function createExports(parts: ExportParts): Exports {
  const { database, store, clock } = parts;

  async function found(access: AccessRequest, id: string): Promise<ExportRow & { kept: Kept }> {
    const row = UUID.test(id) ? await findExport(database, id, access.client, clock()) : undefined;
    if (!row) throw new Problem('not-found', 'There is no such export.', { code: 'export' });
    const request = store.unsealForGateway('export', id, row.request).toString('utf8');
    return { ...row, kept: JSON.parse(request) as Kept };
  }

  return {
    start: (access, vault, asked, face) => start(parts, { access, vault, face }, asked),
    async status(access, id) {
      const { state, resources, created, expires, kept } = await found(access, id);
      const files = state === 'done' ? await exportCounts(database, id) : [];
      return { state, resources, created, expires, request: kept.request, files };
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
      return fileLines(parts, { access, vault }, kept, { id, type });
    },
    sweep() {
      const now = clock();
      const silent = new Date(now.getTime() - EXPORT_LIMITS.silentSecondsMax * 1000);
      return sweepExportRows(database, now, silent);
    },
  };
}

interface Asker {
  readonly access: AccessRequest;
  readonly vault: string | undefined;
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
  const question: EverythingQuestion = {
    version: asked.version,
    base: asked.base,
    path: 'Patient/$export',
    event: 'export',
    ...(asked.patient === undefined ? {} : { id: asked.patient }),
    ...(asked.types ? { types: asked.types } : {}),
    ...(asked.since ? { since: asked.since } : {}),
  };
  const vault = await recordOf(parts, asker, asked);
  const kept: Kept = {
    question: {
      ...question,
      ...(asked.since ? { since: asked.since.toISOString() } : {}),
    } as never,
    version: asked.version.name,
    request: asked.request,
    ...(vault === undefined ? {} : { vault }),
  };
  const id = randomUUID();
  const request = store.sealForGateway('export', id, Buffer.from(JSON.stringify(kept)));
  const expires = new Date(created.getTime() + EXPORT_LIMITS.keptHoursMax * 3_600_000);
  await addExport(database, { id, client, request, created, expires });
  void run(parts, asker, { id, question, vault }).catch(async (error: unknown) => {
    parts.failed(error);
    await endExport(database, id, 'failed', clock()).catch(() => undefined);
  });
  return id;
}

/** Which record's key seals the files. */
async function recordOf(
  { store, database }: ExportParts,
  { access, vault }: Asker,
  { patient }: ExportAsked,
): Promise<string | undefined> {
  if (patient === undefined) return vault;
  const custodian = access.aanbieder;
  const held = custodian === undefined ? {} : { custodian };
  return (await store.place(database, { type: 'Patient', id: patient, ...held }))?.vault;
}

interface Running {
  readonly id: string;
  readonly question: EverythingQuestion;
  readonly vault: string | undefined;
}

interface OpenFile {
  lines: Buffer[];
  bytes: number;
  resources: number;
  number: number;
}

async function run(
  parts: ExportParts,
  { access, vault: tokenVault, face }: Asker & { readonly face: Face },
  { id, question, vault }: Running,
): Promise<void> {
  const { database, store, views, clock } = parts;
  const files = new Map<string, OpenFile>();
  const flush = async (type: string, file: OpenFile): Promise<boolean> => {
    if (file.resources === 0 || vault === undefined) return true;
    const sealer = await store.sealer(database, { vault, purpose: 'export' });
    const sealed = sealer.seal(`${id}|${type}|${file.number}`, Buffer.concat(file.lines));
    const chunk = { job: id, type, number: file.number, resources: file.resources, sealed };
    const isLiving = await addChunk(database, chunk, clock());
    files.set(type, { lines: [], bytes: 0, resources: 0, number: file.number + 1 });
    return isLiving;
  };
  for await (const { resources } of views.everything(access, tokenVault, question)) {
    if (!(await touchExport(database, id, clock()))) return;
    for (const one of resources) {
      const resource = face(one);
      const type = resource.resourceType;
      const file = files.get(type) ?? { lines: [], bytes: 0, resources: 0, number: 0 };
      files.set(type, file);
      const line = lineOf(one, resource, question.version);
      file.lines.push(line);
      file.bytes += line.length;
      file.resources += 1;
      if (file.bytes >= EXPORT_LIMITS.chunkBytesMax && !(await flush(type, file))) return;
    }
  }
  for (const [type, file] of files) if (!(await flush(type, file))) return;
  await endExport(database, id, 'done', clock());
}

/** The name of the row stands before the line, so that it can be decided again. */
function lineOf(one: ReleasedResource, resource: Resource, version: FhirVersion): Buffer {
  const json = writeFhir(resource, { format: 'json', version });
  return Buffer.concat([Buffer.from(`${nameOf(one)}\t`), json, Buffer.from('\n')]);
}

const nameOf = ({ type, id, custodian }: ReleasedResource): string => `${type}/${id}/${custodian}`;

/** What may be seen now is asked first; only those lines are given. */
async function fileLines(
  parts: ExportParts,
  { access, vault: tokenVault }: Asker,
  { question, version, vault }: Kept,
  { id, type }: { readonly id: string; readonly type: string },
): Promise<AsyncIterable<Buffer>> {
  const { database, store, views } = parts;
  const { since, ...rest } = question;
  const again = {
    ...rest,
    version: version === 'R4' ? R4 : STU3,
    ...(since === undefined ? {} : { since: new Date(since) }),
  };
  const visible = new Set<string>();
  for await (const { resources } of views.everything(access, tokenVault, again)) {
    for (const one of resources) if (one.resource.resourceType === type) visible.add(nameOf(one));
  }
  const sealer = await store.sealer(database, { vault: vault ?? '', purpose: 'export' });
  async function* lines(): AsyncGenerator<Buffer> {
    for (let number = 0; ; number += 1) {
      const sealed = await exportChunk(database, id, type, number);
      if (!sealed) return;
      const text = sealer.unseal(`${id}|${type}|${number}`, sealed).toString('utf8');
      const shown = text.split('\n').flatMap((line) => {
        const tab = line.indexOf('\t');
        return visible.has(line.slice(0, tab)) ? [`${line.slice(tab + 1)}\n`] : [];
      });
      if (shown.length > 0) yield Buffer.from(shown.join(''));
    }
  }
  return lines();
}
