/** The FHIR interface of a module: tasks of its person at this aanbieder, and how far they are. */
import type { FastifyRequest } from 'fastify';
import { bearerToken } from '../../identity/index.ts';
import { Problem } from '../../platform/problem.ts';
import { consentEnd } from '../consent-end.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { type MedmijVisit, refuseNamedPatient } from '../resource-door.ts';
import { type MedmijSharing, sharingOf } from '../sharing.ts';
import { moduleAccess } from './launch.ts';
import { TASK_SERVICE } from './module-ground.ts';
import { readableBy } from './module-scope.ts';
import { moduleBase } from './module-session.ts';

const noGood = () =>
  new Problem('unauthenticated', 'The access token is expired, revoked or unknown.', {
    code: 'invalid_token',
  });

/** Public: version, base and types of this address. */
export async function describeModule(door: MedmijDoor, request: FastifyRequest) {
  const { aanbieder: name = '' } = request.params as Record<string, string>;
  const aanbieder = await door.organisations.byAanbieder(name);
  const dienst = door.diensten.get(TASK_SERVICE);
  if (door.config.modules.length === 0 || !aanbieder || !dienst) {
    throw new Problem('not-found', 'There is nothing at this address.');
  }
  const { version, searchTypes, readTypes } = dienst;
  const base = await moduleBase(door, aanbieder.id);
  return { version, base, actor: 'pgo' as const, searchTypes, readTypes, aanbieder, dienst };
}

/** @throws Problem `unauthenticated` for anything but a module's own token, `forbidden`. */
export async function openModule(door: MedmijDoor, request: FastifyRequest): Promise<MedmijVisit> {
  const described = await describeModule(door, request);
  const { aanbieder, dienst, base, version, searchTypes, readTypes } = described;
  const token = await door.tokens.verify(bearerToken(request.headers.authorization));
  const { claims } = token;
  if (claims.kind !== 'module') throw noGood();
  if (claims.aanbieder !== aanbieder.id) {
    throw new Problem('forbidden', 'The access token is for another aanbieder.', {
      code: 'insufficient_scope',
    });
  }
  if (await consentEnd(door.database, claims, door.clock())) throw noGood();
  const { vault, consent, correlationId, representative } = claims;
  const ground = {
    ...{ vault, aanbieder: aanbieder.id, consent, correlationId },
    ...{ client: claims.pgo, module: claims.client },
    ...(representative ? { representative } : {}),
  };
  const access = moduleAccess(request, ground, token.id);
  const mayWrite = claims.scope.split(' ').includes('patient/Task.write');
  const sharing = mayWrite
    ? sharingOf(door.share, dienst, { access, vault, aanbieder, base })
    : undefined;
  return {
    ...{ access, vault, version, base, only: dienst.only, notes: [] },
    searchTypes: readableBy(claims.scope, searchTypes),
    readTypes: readableBy(claims.scope, readTypes),
    alongside: dienst.alongside,
    ...(sharing ? { sharing: strict(sharing) } : {}),
    tellsEmpty: true,
    checkParams: refuseNamedPatient,
    pageSizeDefault: 200,
    maskBsn: true,
  };
}

/** A step that the life of a task does not have is 422 here (step 8). */
function strict(sharing: MedmijSharing): MedmijSharing {
  const { update } = sharing;
  if (!update) return sharing;
  return {
    ...sharing,
    update: (resource, ifVersion) =>
      update(resource, ifVersion).catch((error: unknown) => {
        const { code, message, expression } = Problem.from(error);
        if (code !== 'task-status') throw error;
        throw new Problem('unprocessable', message, { code, expression });
      }),
  };
}
