/**
 * What follows the log-in: is the person the one that the scope spoke of, is there anything to
 * give, and which of the services are open now. The outcome is for the person alone: the PGO sees
 * nothing until the person goes back. medmij-protocol.md 1.5, ext.vert.authint.201-204.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ADULT, CHILD } from './age-rules.ts';
import { type AuthorizationRun, startRun } from './authorization-run.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { type LoggedInPerson, representationFault } from './person-login.ts';
import { pageOf } from './run-cookie.ts';

export async function afterLogin(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  run: AuthorizationRun,
  person: LoggedInPerson,
) {
  const { login: _login, ...rest } = run;
  if (run.kind === 'beheren') return toOverview(door, request, reply, rest, person);
  const found = await door.availability({
    bsn: person.bsn,
    aanbieder: run.aanbieder,
    at: door.clock(),
    age: run.delegation === 'onbehalfofchild' ? CHILD : ADULT,
    ...(run.birthDate === undefined ? {} : { birthDate: run.birthDate }),
  });
  const services = await offeredNow(door, run);
  const closed = run.kind === 'delen' ? await closedTo(door, run, found.vault) : undefined;
  const denied =
    representationFault(run.delegation, person) ??
    found.reason ??
    (closed ? `intake-${closed.why}` : undefined) ??
    (services.length === 0 ? 'no-service-open' : undefined);
  await loggedIn(door, request, run, person, found.vault);
  await startRun(door, reply, {
    ...rest,
    services,
    isLoggedIn: true,
    ...(found.vault === undefined ? {} : { vault: found.vault }),
    ...(person.representative ? { representative: person.representative } : {}),
    ...(denied === undefined ? {} : { denied }),
    ...(closed?.why === 'closed' ? { closedBecause: closed.reason } : {}),
  });
  return reply.redirect(pageOf('/medmij/toestemming', run), 303);
}

/** What is published may be withdrawn meanwhile: that is left out, and the rest goes on. */
async function offeredNow(door: MedmijDoor, run: AuthorizationRun): Promise<readonly string[]> {
  // To end a subscription nothing needs to be open.
  if (run.kind === 'abonneren' && run.days === 0) return run.services;
  const aanbieder = await door.organisations.byId(run.aanbieder);
  return run.services.filter((id) => aanbieder?.services.includes(id) ?? false);
}

/** Sharing is one service a run. Somebody unknown is looked up just as long. */
function closedTo(
  door: MedmijDoor,
  { aanbieder, services: [service = ''] }: AuthorizationRun,
  vault = NOBODY,
): ReturnType<MedmijDoor['notAdmitted']> {
  return door.notAdmitted({ vault, aanbieder, service });
}

const NOBODY = '00000000-0000-4000-8000-000000000000';

async function toOverview(
  door: MedmijDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  run: AuthorizationRun,
  person: LoggedInPerson,
) {
  const vault = person.representative ? undefined : await door.personByBsn(person.bsn);
  await loggedIn(door, request, run, person, vault);
  await startRun(door, reply, {
    ...run,
    isLoggedIn: true,
    ...(vault === undefined ? {} : { vault }),
  });
  return reply.redirect(pageOf('/medmij/toestemmingen/overzicht', run), 303);
}

async function loggedIn(
  door: MedmijDoor,
  request: FastifyRequest,
  run: AuthorizationRun,
  person: LoggedInPerson,
  vault: string | undefined,
): Promise<void> {
  await door.ledger.record([
    event(request, {
      event: 'login',
      outcome: 0,
      patient: vault,
      representative: person.representative,
      client: run.client,
      correlationId: run.correlationId,
      detail: { acr: person.acr ?? 'unknown' },
    }),
  ]);
}
