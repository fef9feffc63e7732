/**
 * Groups of people that a client keeps for itself, to export their records together. They lie
 * beside the records, not in them: a group tells nobody anything, and opens nothing.
 * https://hl7.org/fhir/R4/group.html, https://hl7.org/fhir/uv/bulkdata/export.html
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Resource } from '../conformance/index.ts';
import type { KeptPatientGroup, PatientGroups } from '../consent/index.ts';
import { Problem } from '../platform/problem.ts';
import type { Asking } from './asking.ts';
import { resourceIn } from './body.ts';
import { requireAddress } from './create.ts';
import { beforeBody, type Doorway, HIDDEN, type TypedRequest, type TypeParams } from './doorway.ts';
import { requireOperation } from './interactions.ts';
import { negotiate } from './negotiate.ts';
import { onlyIfMatchOf } from './preconditions.ts';
import { ID } from './read.ts';
import { sendResource } from './send.ts';

/** Create, update, read and delete of `/Group`, for who may export. */
export function patientGroupRoutes(app: FastifyInstance, doorway: Doorway): void {
  const { open } = doorway;
  const groups = doorway.door.exports?.groups;
  if (!groups) return;
  const body = beforeBody(doorway);
  const opened = async (request: TypedRequest, reply: FastifyReply): Promise<Asking> => {
    const asking = await open(request, reply);
    requireOperation(asking.access, 'export', 'Group');
    return asking;
  };
  app.post<{ Params: TypeParams }>('/Group', body, async (request, reply) => {
    const asking = await opened(request, reply);
    if (request.headers['if-none-exist'] !== undefined) {
      const at = { code: 'condition', expression: ['If-None-Exist'] };
      throw new Problem('invalid', 'No condition is heeded here: a Group is found by its id.', at);
    }
    return keep(groups, asking, request, reply, randomUUID());
  });
  app.put<{ Params: TypeParams }>('/Group/:id', body, async (request, reply) => {
    const asking = await opened(request, reply);
    const { id } = request.params;
    if (!ID.test(id)) throw absent();
    return keep(groups, asking, request, reply, id);
  });
  app.get<{ Params: TypeParams }>('/Group/:id', HIDDEN, async (request, reply) => {
    const asking = await opened(request, reply);
    const negotiated = negotiate(request, asking.version);
    const group = await groupOf(groups, asking, request.params.id);
    reply.header('etag', `W/"${group.version}"`);
    reply.header('last-modified', group.changed.toUTCString());
    return sendResource(reply, resourceOf(group), asking.version, negotiated);
  });
  app.delete<{ Params: TypeParams }>('/Group/:id', HIDDEN, async (request, reply) => {
    const { access } = await opened(request, reply);
    // One that is not there, or is another client's, is gone for this client already.
    await groups.drop(access.client, request.params.id);
    return reply.code(204).header('cache-control', 'no-store').send();
  });
}

/** @throws Problem `not-found`: unknown here, or another client's. */
export async function groupOf(
  groups: PatientGroups,
  { access }: Asking,
  id: string,
): Promise<KeptPatientGroup> {
  const group = ID.test(id) ? await groups.find(access.client, id) : undefined;
  if (!group) throw absent();
  return group;
}

const absent = () => new Problem('not-found', 'There is no such Group.');

async function keep(
  groups: PatientGroups,
  asking: Asking,
  request: TypedRequest,
  reply: FastifyReply,
  id: string,
): Promise<FastifyReply> {
  const negotiated = negotiate(request, asking.version);
  const resource = resourceIn(request, asking.version);
  requireAddress(resource, 'Group', request.method === 'PUT' ? id : undefined);
  const { ifVersion } = onlyIfMatchOf(request);
  const name = textOf(resource.name);
  const patients = membersOf(resource, asking.base);
  const group = await groups.put(
    asking.access.client,
    { id, ...(name === undefined ? {} : { name }), patients },
    ifVersion,
  );
  reply.code(group.version === 1 ? 201 : 200).header('etag', `W/"${group.version}"`);
  reply.header('location', `${asking.base}/Group/${id}`);
  return sendResource(reply, resourceOf(group), asking.version, negotiated);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value.slice(0, 200) : undefined;

/** @throws Problem `unprocessable` naming what is not a list of people. */
function membersOf(resource: Resource, base: string): string[] {
  if (resource.type !== 'person' || resource.actual !== true) {
    throw new Problem('unprocessable', 'A group here is a list of people: type person, actual.', {
      code: 'group-kind',
      expression: [resource.type === 'person' ? 'Group.actual' : 'Group.type'],
    });
  }
  const members = Array.isArray(resource.member) ? (resource.member as unknown[]) : [];
  const ids = members.flatMap((member, at) => {
    const { entity, inactive } = (member ?? {}) as { entity?: unknown; inactive?: unknown };
    return inactive === true ? [] : [patientIdOf(entity, base, `Group.member[${at}].entity`)];
  });
  return [...new Set(ids)];
}

/**
 * Id in a reference to a Patient of this address.
 * @throws Problem `unprocessable` at the place when it is another.
 */
export function patientIdOf(reference: unknown, base: string, place: string): string {
  const text = (reference as { reference?: unknown } | undefined)?.reference;
  const relative = typeof text === 'string' ? text.replace(`${base}/`, '') : '';
  const id = /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(relative)?.[1];
  if (id !== undefined) return id;
  throw new Problem('unprocessable', 'Name a Patient of this address by its reference.', {
    code: 'group-member',
    expression: [place],
  });
}

function resourceOf({ id, name, patients, version, changed }: KeptPatientGroup): Resource {
  return {
    resourceType: 'Group',
    id,
    meta: { versionId: String(version), lastUpdated: changed.toISOString() },
    type: 'person',
    actual: true,
    ...(name === undefined ? {} : { name }),
    quantity: patients.length,
    ...(patients.length === 0
      ? {}
      : { member: patients.map((one) => ({ entity: { reference: `Patient/${one}` } })) }),
  };
}
