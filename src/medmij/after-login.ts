/**
 * What follows the log-in: is the person the one that the scope spoke of, is there anything to
 * give, and which of the services are open now. The outcome is for the person alone: the PGO sees
 * nothing until the person goes back. medmij-protocol.md 1.5, ext.vert.authint.201-204.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AuthorizationRun, startRun } from './authorization-run.ts';
import type { Availability, MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { type LoggedInPerson, representationFault } from './person-login.ts';

/** Oneself and an adult who mandated somebody: from 16. A child by its parent: under 12. */
const ADULT = { yearsMin: 16 } as const;
const CHILD = { yearsBelow: 12 } as const;

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
  const services = await openServices(door, run, found);
  const denied =
    representationFault(run.delegation, person) ??
    found.reason ??
    (services.length === 0 ? 'no-service-open' : undefined);
  await loggedIn(door, request, run, person, found.vault);
  await startRun(door, reply, {
    ...rest,
    services,
    isLoggedIn: true,
    ...(found.vault === undefined ? {} : { vault: found.vault }),
    ...(person.representative ? { representative: person.representative } : {}),
    ...(denied === undefined ? {} : { denied }),
  });
  return reply.redirect('/medmij/toestemming', 303);
}

/** What is published may be closed at the moment: that is left out, and the rest goes on. */
async function openServices(
  door: MedmijDoor,
  run: AuthorizationRun,
  found: Awaited<ReturnType<Availability>>,
): Promise<readonly string[]> {
  const aanbieder = await door.organisations.byId(run.aanbieder);
  const offered = run.services.filter((id) => aanbieder?.services.includes(id) ?? false);
  // To end a subscription nothing needs to be open.
  if (run.kind === 'abonneren' && run.days === 0) return run.services;
  if (run.kind !== 'delen' || found.vault === undefined) return offered;
  const { vault } = found;
  const open = await Promise.all(
    offered.map((service) => door.admits({ vault, aanbieder: run.aanbieder, service })),
  );
  return offered.filter((_id, at) => open[at]);
}

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
  return reply.redirect('/medmij/toestemmingen/overzicht', 303);
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
