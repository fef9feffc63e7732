/**
 * Whether a resource would be taken in, and what is to be said of it; nothing is kept.
 * https://hl7.org/fhir/R4/resource-operation-validate.html
 */
import type { FastifyInstance, FastifyReply } from 'fastify';
import {
  type FhirVersion,
  type Issue,
  operationOutcome,
  type Resource,
  validate,
} from '../conformance/index.ts';
import { unwelcome } from '../ingest/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking, FhirDoor } from './asking.ts';
import { resourceIn } from './body.ts';
import {
  beforeBody,
  type Doorway,
  HIDDEN,
  queryOf,
  requireType,
  type TypedRequest,
  type TypeParams,
} from './doorway.ts';
import { face } from './face.ts';
import { requireOperation } from './interactions.ts';
import { negotiate } from './negotiate.ts';
import { read } from './read.ts';
import { sendResource } from './send.ts';

/** `POST /:type/$validate`, `POST /:type/:id/$validate`, and `GET` of what is stored. */
export function validateRoutes(app: FastifyInstance, doorway: Doorway): void {
  for (const url of ['/:type/$validate', '/:type/:id/$validate']) {
    app.post<{ Params: TypeParams }>(url, beforeBody(doorway), (request, reply) =>
      answer(doorway, request, reply, (version) => resourceIn(request, version)),
    );
  }
  app.get<{ Params: TypeParams }>('/:type/:id/$validate', HIDDEN, (request, reply) =>
    answer(doorway, request, reply),
  );
}

async function answer(
  { door, open }: Doorway,
  request: TypedRequest,
  reply: FastifyReply,
  sent?: (version: FhirVersion) => Resource,
): Promise<FastifyReply> {
  const asking = await open(request, reply);
  const negotiated = negotiate(request, asking.version);
  const asked = { ...request.params, query: queryOf(request), ...(sent ? { sent } : {}) };
  const outcome = await validation(door, asking, asked);
  return sendResource(reply, outcome, asking.version, negotiated);
}

/** An OperationOutcome. @throws Problem where nothing could be looked at. */
export async function validation(
  door: FhirDoor,
  asking: Asking,
  {
    type,
    id,
    query,
    sent,
  }: {
    readonly type: string;
    readonly id?: string | undefined;
    readonly query: URLSearchParams;
    /** Absent: what is stored is looked at. */
    sent?(version: FhirVersion): Resource;
  },
): Promise<Resource> {
  requireOperation(asking.access, 'validate', type);
  requireType(asking, type, asking.readTypes);
  const mode = query.get('mode') ?? undefined;
  requireMode(mode, 'mode');
  const { resource, profiles } = await whatIsAsked(door, asking, { type, id, mode, sent });
  const asked = [...profiles, ...query.getAll('profile')];
  const issues = resource
    ? [
        ...misaddressed(resource, type, sent && id),
        ...(sent ? unwelcome(resource) : []),
        ...(await validate(resource, {
          version: asking.version,
          profiles: asked,
          ...(door.profiles ? { book: door.profiles.book(asking.version) } : {}),
        })),
      ]
    : [];
  return operationOutcome(issues, asking.version);
}

/** Of a deletion what is stored counts, and nothing has to be sent. @throws Problem as a read */
async function whatIsAsked(
  door: FhirDoor,
  asking: Asking,
  {
    type,
    id,
    mode,
    sent,
  }: {
    readonly type: string;
    readonly id: string | undefined;
    readonly mode: string | undefined;
    readonly sent: ((version: FhirVersion) => Resource) | undefined;
  },
): Promise<Sent> {
  if (sent && (mode !== 'delete' || id === undefined)) return inParameters(sent(asking.version));
  const stored = await read(door, asking, { type, id: id ?? '' });
  return { resource: sent ? undefined : face(stored, asking), profiles: [] };
}

/** The resource itself, or the one in a Parameters; `delete` needs none. */
function inParameters(body: Resource): Sent {
  if (body.resourceType !== 'Parameters') return { resource: body, profiles: [] };
  const given = Array.isArray(body['parameter']) ? body['parameter'].filter(isObject<Given>) : [];
  const mode = given.find((one) => one.name === 'mode')?.valueCode;
  requireMode(mode, "Parameters.parameter.where(name = 'mode')");
  const found = given.find((one) => one.name === 'resource')?.resource;
  const resource = isObject<Resource>(found) ? found : undefined;
  const profiles = given.flatMap(({ name, valueUri, valueCanonical }) => {
    const profile = valueUri ?? valueCanonical;
    return name === 'profile' && typeof profile === 'string' ? [profile] : [];
  });
  if (resource || mode === 'delete') return { resource, profiles };
  throw new Problem('invalid', 'There is no resource to validate.', {
    code: 'no-resource',
    expression: ['Parameters.parameter'],
  });
}

/** https://hl7.org/fhir/R4/valueset-resource-validation-mode.html */
const MODES: ReadonlySet<unknown> = new Set([undefined, 'create', 'update', 'delete', 'profile']);

function requireMode(mode: unknown, place: string): void {
  if (MODES.has(mode)) return;
  throw new Problem('invalid', 'The mode is create, update, delete or profile.', {
    code: 'mode',
    expression: [place],
  });
}

interface Given {
  readonly name?: unknown;
  readonly valueCode?: unknown;
  readonly valueUri?: unknown;
  readonly valueCanonical?: unknown;
  readonly resource?: unknown;
}

const isObject = <T extends object>(value: unknown): value is T =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Sent {
  /** Absent where a deletion is asked about. */
  readonly resource: Resource | undefined;
  readonly profiles: readonly string[];
}

function misaddressed(resource: Resource, type: string, id: string | undefined): Issue[] {
  const issues: Issue[] = [];
  const mismatch = (text: string, expression: string): Issue => ({
    severity: 'error',
    code: 'invalid',
    detail: 'address',
    text,
    expression: [expression],
  });
  if (resource.resourceType !== type) {
    issues.unshift(mismatch('The address is of another type.', 'resourceType'));
  }
  if (id !== undefined && resource.id !== id) {
    issues.unshift(mismatch('The address is of another id.', `${type}.id`));
  }
  return issues;
}
