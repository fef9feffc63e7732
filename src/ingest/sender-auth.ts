/**
 * Who sends? Over HTTP a bearer token that was got by private_key_jwt, or a client certificate;
 * over MLLP a client certificate, and MSH-3 with MSH-4 bound to the sender.
 */
import type { IncomingMessage } from 'node:http';
import {
  bearerToken,
  type CertificateTrust,
  type Client,
  type Clients,
  clientCertificate,
  type Organisations,
  type Tokens,
} from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';
import type { SenderOverlay } from './format.ts';
import type { Sender } from './handling.ts';

export interface SenderAuthParts extends CertificateTrust {
  readonly clients: Clients;
  readonly tokens: Tokens;
  readonly organisations: Organisations;
  readonly overlayOf: (name: string, client: string) => SenderOverlay;
}

const INTAKE_SCOPE = 'system/intake';

/** @throws Problem `unauthenticated`, the same whether the sender exists or not. */
export async function authenticateSender(
  parts: SenderAuthParts,
  request: { raw: IncomingMessage; authorization: string | undefined },
  id: string,
): Promise<Sender> {
  const certificate = clientCertificate(request.raw, parts);
  if (request.authorization === undefined && certificate) {
    const clients = await parts.clients.byCertificate(certificate.sha256, 'sender');
    const client = clients.find((one) => one.id === id);
    if (client) return senderOf(parts, client);
    throw unknown();
  }
  const { claims } = await parts.tokens.verify(bearerToken(request.authorization));
  const isOwn = claims.kind === 'sender' && claims.client === id;
  const client = isOwn ? await parts.clients.active(id) : undefined;
  if (!client) throw unknown();
  if (isOwn && !claims.scope.split(' ').includes(INTAKE_SCOPE)) {
    throw new Problem('forbidden', 'The access token does not cover sending.', {
      code: 'insufficient_scope',
    });
  }
  return senderOf(parts, client);
}

/**
 * The sender that uses these names on a line with this certificate; the certificate may be absent.
 */
export async function senderOnLine(
  parts: SenderAuthParts,
  line: { certificateSha256?: string; application: string; facility: string },
): Promise<Sender | undefined> {
  const senders = await parts.clients.all('sender');
  const client = senders.find(
    (one) =>
      one.status === 'active' &&
      one.mllp.some(
        (name) => name.application === line.application && name.facility === line.facility,
      ) &&
      (line.certificateSha256 === undefined || one.certificates.includes(line.certificateSha256)),
  );
  return client && senderOf(parts, client);
}

/** A client as a sender, with its organisation and how it writes. @throws Problem `unauthenticated`. */
export async function senderOf(parts: SenderAuthParts, client: Client): Promise<Sender> {
  const organisation = await parts.organisations.byId(client.organisationId ?? '');
  if (!organisation) throw unknown();
  return { client, organisation, overlay: parts.overlayOf(client.overlay ?? client.id, client.id) };
}

function unknown(): Problem {
  return new Problem('unauthenticated', 'The sender could not be authenticated.', {
    code: 'unknown-sender',
  });
}
