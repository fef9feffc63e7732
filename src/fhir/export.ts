/**
 * Bulk export of one person's record or of a group: asked for, gathered aside, fetched as NDJSON.
 * https://hl7.org/fhir/uv/bulkdata/export.html
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isResourceType, RESEARCH_TYPES, r4TypeOf } from '../conformance/index.ts';
import type { ExportStatus } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import {
  beforeBody,
  type Doorway,
  HIDDEN,
  momentOf,
  type TypedRequest,
  type TypeParams,
} from './doorway.ts';
import { face } from './face.ts';
import { requireOperation, unknownOperation } from './interactions.ts';
import { operationParameters } from './operation-parameters.ts';
import { groupOf, patientIdOf } from './patient-group.ts';
import { isLenient } from './prefer.ts';
import { ID } from './read.ts';

const RETRY_SECONDS = 2;

interface JobParams {
  job: string;
  file: string;
}

/** Kick-off at a Patient, at the base for a study, and status, files and withdrawal at `/jobs/:job`. */
export function exportRoutes(app: FastifyInstance, doorway: Doorway): void {
  const { door, open } = doorway;
  for (const url of ['/:type/:id/$export', '/:type/$export']) {
    app.route<{ Params: TypeParams }>({
      method: ['GET', 'POST'],
      url,
      ...beforeBody(doorway),
      handler: (request, reply) => kickOff(doorway, request, reply),
    });
  }
  app.route({
    method: ['GET', 'POST'],
    url: '/$export',
    ...beforeBody(doorway),
    handler: (request, reply) => kickOffForStudy(doorway, request as TypedRequest, reply),
  });
  app.get<{ Params: JobParams }>('/jobs/:job', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const { job } = request.params;
    const status = await exportsOf(door, asking).status(asking.access, job);
    return sendStatus(asking, reply, job, status);
  });
  app.delete<{ Params: JobParams }>('/jobs/:job', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    await exportsOf(door, asking).cancel(asking.access, request.params.job);
    return reply.code(202).header('cache-control', 'no-store').send();
  });
  app.get<{ Params: JobParams }>('/jobs/:job/:file', HIDDEN, async (request, reply) => {
    const asking = await open(request, reply);
    const { job, file } = request.params;
    const type = /^([A-Za-z]+)\.ndjson$/.exec(file)?.[1] ?? '';
    const lines = await exportsOf(door, asking).file(asking.access, asking.vault, job, type);
    return reply
      .header('cache-control', 'no-store')
      .type('application/fhir+ndjson')
      .send(Readable.from(lines, { objectMode: false }));
  });
}

function exportsOf(door: FhirDoor, { access }: Asking): NonNullable<FhirDoor['exports']> {
  requireOperation(access, 'export', 'Patient');
  if (!door.exports) throw new Error('a door without exports offered them');
  return door.exports;
}

async function kickOff(
  { door, open }: Doorway,
  request: TypedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asking = await open(request, reply);
  const { type, id } = request.params;
  requireOperation(asking.access, 'export', type);
  requireAsync(request);
  const exported = exportsOf(door, asking);
  const query = operationParameters(request, asking.version);
  requireKnown(request, query);
  const patients = await patientsOf(exported, asking, { type, id }, query);
  requireNdjson(query);
  const since = momentOf(query, '_since');
  const types = typesOf(asking, query);
  const asked = {
    version: asking.version,
    base: asking.base,
    request: addressOf(asking, request, `${type}${id === undefined ? '' : `/${id}`}/$export`),
    path: `${type}/$export`,
    ...(patients ? { patients } : {}),
    ...(since ? { since } : {}),
    ...(types ? { types } : {}),
  };
  const job = await exported.start(asking.access, asking.vault, asked, (one) => face(one, asking));
  return accepted(asking, reply, job);
}

const PARAMETERS: ReadonlySet<string> = new Set(['_type', '_since', '_outputFormat', 'patient']);
const OF_THE_DOOR: ReadonlySet<string> = new Set(['_format', '_pretty']);

/** What is passed over would give more than was asked, unless the client says that it may. */
function requireKnown(request: FastifyRequest, query: URLSearchParams): void {
  const other = [...query.keys()].find((name) => !PARAMETERS.has(name) && !OF_THE_DOOR.has(name));
  if (other === undefined || isLenient(request)) return;
  throw new Problem('invalid', 'This parameter is not supported by an export.', {
    code: 'parameter',
    expression: [other.slice(0, 100)],
  });
}

/** The whole address of the kick-off, for the manifest; what was posted does not stand in it. */
function addressOf({ base }: Asking, { method, url }: FastifyRequest, path: string): string {
  const at = url.indexOf('?');
  return `${base}/${path}${method === 'POST' || at < 0 ? '' : url.slice(at)}`;
}

function requireAsync({ headers }: FastifyRequest): void {
  if (/respond-async/.test(String(headers.prefer ?? ''))) return;
  throw new Problem('invalid', 'An export is asked for with Prefer: respond-async.', {
    code: 'respond-async',
    expression: ['Prefer'],
  });
}

const accepted = ({ base }: Asking, reply: FastifyReply, job: string): FastifyReply =>
  reply
    .code(202)
    .header('cache-control', 'no-store')
    .header('content-location', `${base}/jobs/${job}`)
    .send();

/**
 * All that people permitted for the study of the asker, under the names of that study. Only for
 * research: to any other purpose there is no such operation (consent.md section 12).
 */
async function kickOffForStudy(
  { door, open }: Doorway,
  request: TypedRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asking = await open(request, reply);
  const { access, vault, version, base } = asking;
  const exported = exportsOf(door, asking);
  if (access.purpose !== 'HRESCH' || vault !== undefined) throw unknownOperation();
  requireAsync(request);
  const query = operationParameters(request, version);
  for (const name of query.keys()) {
    if (STUDY_PARAMETERS.has(name)) continue;
    throw new Problem('invalid', 'This parameter is not known to an export for a study.', {
      code: 'parameter',
      expression: [name],
    });
  }
  requireNdjson(query);
  const asked = typesOf(asking, query);
  const types = RESEARCH_TYPES.filter((type) => asked === undefined || asked.includes(type));
  if (types.length === 0) {
    throw new Problem('invalid', 'None of these types is given to research.', {
      code: 'type',
      expression: ['_type'],
    });
  }
  const address = addressOf(asking, request, '$export');
  const named = { version, base, types, request: address, path: '$export' };
  const job = await exported.start(
    access,
    undefined,
    { ...named, forStudy: true },
    () => undefined,
  );
  return accepted(asking, reply, job);
}

/** No `_since`: who takes part now is given whole, so that nothing tells who came when. */
const STUDY_PARAMETERS: ReadonlySet<string> = new Set(['_type', '_outputFormat']);

/**
 * Whose records: the Patient or the Group of the address, or those that parameters name.
 * @returns undefined for whom the token names.
 */
async function patientsOf(
  { groups }: NonNullable<FhirDoor['exports']>,
  asking: Asking,
  { type, id }: { readonly type: string; readonly id: string | undefined },
  query: URLSearchParams,
): Promise<readonly string[] | undefined> {
  const named = query
    .getAll('patient')
    .map((reference) => patientIdOf({ reference }, asking.base, 'patient'));
  if (type === 'Group' && id !== undefined) {
    return onlyNamed(named, (await groupOf(groups, asking, id)).patients);
  }
  if (id !== undefined) return onlyNamed(named, [ID.test(id) ? id : '-']);
  if (named.length > 0) return named;
  if (asking.vault !== undefined && type === 'Patient') return undefined;
  throw new Problem('invalid', 'Name the Patient: the token does not.', {
    code: 'patient-required',
    expression: ['patient'],
  });
}

/** Of a group those that parameters name, who have to be in it; all when none is named. */
function onlyNamed(named: readonly string[], patients: readonly string[]): readonly string[] {
  if (named.length === 0) return patients;
  if (named.every((one) => patients.includes(one))) return [...new Set(named)];
  throw new Problem('invalid', 'The Patient is not one of those of this address.', {
    code: 'patient',
    expression: ['patient'],
  });
}

const NDJSON = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'];

function requireNdjson(query: URLSearchParams): void {
  const format = query.get('_outputFormat')?.replace(' ', '+');
  if (format === undefined || NDJSON.includes(format)) return;
  throw new Problem('invalid', 'Files are made as application/fhir+ndjson.', {
    code: 'output-format',
    expression: ['_outputFormat'],
  });
}

function typesOf(asking: Asking, query: URLSearchParams): string[] | undefined {
  const names = query.getAll('_type').flatMap((text) => text.split(','));
  if (names.length === 0) return undefined;
  if (names.every((name) => isResourceType(asking.version, name))) {
    return [...new Set(names.map(r4TypeOf))];
  }
  throw new Problem('invalid', 'This is not a resource type of this FHIR version.', {
    code: 'type',
    expression: ['_type'],
  });
}

function sendStatus(
  asking: Asking,
  reply: FastifyReply,
  job: string,
  status: ExportStatus,
): FastifyReply {
  reply.header('cache-control', 'no-store');
  if (status.state === 'failed') {
    throw new Problem('busy', 'The export did not finish; ask for it again.', {
      code: 'export-failed',
    });
  }
  if (status.state === 'running') {
    return reply
      .code(202)
      .header('x-progress', `${status.resources} resources`)
      .header('retry-after', String(RETRY_SECONDS))
      .send();
  }
  return reply
    .header('expires', status.expires.toUTCString())
    .type('application/json; charset=utf-8')
    .send({
      transactionTime: status.created.toISOString(),
      request: status.request,
      requiresAccessToken: true,
      output: status.files.map(({ type, count }) => ({
        type,
        url: `${asking.base}/jobs/${job}/${type}.ndjson`,
        count,
      })),
      error: [],
      ...(status.study ? { extension: { [STUDY_RUN]: status.study } } : {}),
    });
}

/** Of a manifest: by which rule, how many people, and who left since the last run. */
const STUDY_RUN = 'urn:zorgsluis:study-run';
