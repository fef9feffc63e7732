/** The FHIR doors of partners and senders: one for each version, over the same rooms. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Rooms } from './app.ts';
import { R4, STU3 } from './conformance/index.ts';
import { createLedgerSubject } from './consent/index.ts';
import { auditEventRoutes, fhirRoutes } from './fhir/index.ts';
import { senderOf } from './ingest/index.ts';
import { logPartner, openForPartner, smartRoutes } from './regions/index.ts';

/** `/fhir/r4` and `/fhir/stu3`. */
export async function partnerDoors(app: FastifyInstance, rooms: Rooms): Promise<void> {
  const { config, release, views, writes, exports, profiles } = rooms;
  const security = {
    description: 'SMART backend services: private_key_jwt, one token a purpose.',
    token: `${config.publicUrl}/oauth/token`,
    smart: true,
  } as const;
  await app.register(auditEventRoutes, {
    prefix: '/fhir/r4',
    ...rooms,
    publicUrl: config.publicUrl,
    subjectOf: createLedgerSubject(rooms.keyring, rooms.consent.own.byBsn),
    askingNetwork: (request) => logPartner({ ...rooms, publicUrl: config.publicUrl }, request),
    isQuiet: (vault) => rooms.consent.quiet.isOn(vault),
  });
  for (const version of [R4, STU3]) {
    const prefix = `/fhir/${version.profiles}`;
    const base = `${config.publicUrl}${prefix}`;
    await app.register(smartRoutes, { prefix, publicUrl: config.publicUrl, version });
    await app.register(fhirRoutes, {
      prefix,
      release,
      views,
      writes,
      exports,
      ...(profiles === undefined ? {} : { profiles }),
      open: async (request) => ({
        ...(await visitorOf(rooms, request)),
        version,
        base,
        pageSizeDefault: 50,
        maskBsn: false,
      }),
      describe: async () => ({ version, base, actor: 'partner', security }),
    });
  }
}

/** A partner, or a sender with the organisation that it writes for. */
async function visitorOf(rooms: Rooms, request: FastifyRequest) {
  const { writer, ...visit } = await openForPartner(rooms, request);
  return writer ? { ...visit, writer: await senderOf(rooms.senders, writer) } : visit;
}
