/** One visit to the sender's pages: who it is, their systems, and one of their deliveries. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LedgerEvent } from '../../audit/index.ts';
import type { Client } from '../../identity/index.ts';
import type { Sender } from '../../ingest/index.ts';
import type { Language } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import type { PageContent } from '../page.ts';
import type { Session } from '../portal.ts';
import type { Staff } from '../staff.ts';
import type { WebDoor } from '../web-door.ts';

export interface SenderVisit {
  readonly door: WebDoor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly session: Session<Staff>;
  readonly language: Language;
  /** The sending systems of this person's organisation. */
  readonly clients: readonly Client[];
  page(content: PageContent): FastifyReply;
}

/** Whoever works with these pages, as the ledger names them. */
export function staffAgent(who: Staff, request: FastifyRequest): LedgerEvent['agent'] {
  const { subject, role, organisation } = who;
  return { kind: 'operator', id: subject, role, organisation, address: request.ip };
}

/** One of the organisation's own systems. @throws Problem `not-found` for any other. */
export function ownClient({ request, clients }: SenderVisit): Client {
  const { sender } = request.params as { sender: string };
  const client = clients.find((one) => one.id === sender);
  if (!client) throw new Problem('not-found', 'There is no such system.');
  return client;
}

/** The system as a sender, with its file as it is now. */
export async function senderOf(visit: SenderVisit): Promise<Sender> {
  const client = ownClient(visit);
  const { organisations, senders } = visit.door;
  const organisation = await organisations.byId(client.organisationId ?? '');
  if (!organisation) throw new Problem('not-found', 'There is no such system.');
  return {
    client,
    organisation,
    overlay: senders.overlayOf(client.overlay ?? client.id, client.id),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** One's own delivery only. @throws Problem `not-found` for any other, whether it exists or not. */
export async function ownDelivery(visit: SenderVisit) {
  const { door, request } = visit;
  const { id } = request.params as { id: string };
  const client = ownClient(visit);
  const row = UUID.test(id)
    ? await door.intake.deliveries.find(door.database, client.id, id)
    : undefined;
  if (!row) throw new Problem('not-found', 'There is no such delivery.');
  return { client, row };
}
