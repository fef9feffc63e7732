/**
 * Where the national consent register brings its notifications: a transaction Bundle, over mutual
 * TLS with the certificate of the register, to the address of a subscription that runs.
 * consent.md 4.3.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Ledger } from '../audit/index.ts';
import { formatOf, R4, readFhir, writeFhir } from '../conformance/index.ts';
import type { Register } from '../consent/index.ts';
import { type CertificateTrust, clientCertificate } from '../identity/index.ts';
import { Problem } from '../platform/problem.ts';

export interface NotificationDoor {
  readonly register: Pick<Register, 'notified' | 'isSubscribed'>;
  readonly trust: CertificateTrust;
  /** SHA-256 (hex) of the certificates that the register comes with; none: none is asked. */
  readonly certificates: readonly string[];
  readonly ledger: Pick<Ledger, 'record'>;
  readonly sendOutcome: (
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => FastifyReply;
}

const BODY_BYTES_MAX = 1_000_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MEDIA_TYPES = [
  'application/fhir+xml',
  'application/fhir+json',
  'text/xml',
  'application/xml',
];

/** `POST /regio/mitz/:id`, and nothing else. */
export async function notificationRoutes(
  app: FastifyInstance,
  door: NotificationDoor,
): Promise<void> {
  app.setErrorHandler((error, request, reply) => door.sendOutcome(error, request, reply));
  app.removeContentTypeParser(MEDIA_TYPES);
  app.addContentTypeParser(
    MEDIA_TYPES,
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    (_request, body, done) => done(null, body),
  );
  app.post<{ Params: { id: string }; Body: Buffer }>(
    '/regio/mitz/:id',
    { schema: { hide: true }, bodyLimit: BODY_BYTES_MAX },
    async (request, reply) => {
      await requireRegister(door, request);
      const format = formatOf(request.headers['content-type'] ?? '') ?? 'xml';
      const bundle = readFhir(request.body, { format, version: R4 });
      const { choices, changed } = await door.register.notified(bundle, request.id);
      await door.ledger.record([notice(request, { choices, changed })]);
      const answer = {
        resourceType: 'Bundle',
        type: 'transaction-response',
        entry: Array.from({ length: choices }, () => ({ response: { status: '201 Created' } })),
      };
      return reply
        .header('cache-control', 'no-store')
        .type(`application/fhir+${format}`)
        .send(writeFhir(answer, { format, version: R4 }));
    },
  );
}

/** @throws Problem `unauthenticated` for another certificate, `not-found` for another address. */
async function requireRegister(
  { trust, certificates, register }: NotificationDoor,
  request: FastifyRequest<{ Params: { id: string } }>,
): Promise<void> {
  if (certificates.length > 0) {
    const shown = clientCertificate(request.raw, trust);
    if (!shown || !certificates.includes(shown.sha256)) {
      throw new Problem('unauthenticated', 'The register is known by its certificate.', {
        code: 'client-certificate',
      });
    }
  }
  const { id } = request.params;
  if (!UUID.test(id) || !(await register.isSubscribed(id))) {
    throw new Problem('not-found', 'There is no such subscription.');
  }
}

function notice(request: FastifyRequest, counts: Readonly<Record<string, number>>) {
  return {
    class: 'evidence' as const,
    event: 'register-notification',
    action: 'U' as const,
    outcome: 0 as const,
    agent: { kind: 'system' as const, id: 'mitz', address: request.ip },
    requestId: request.id,
    door: 'regions',
    counts,
  };
}
