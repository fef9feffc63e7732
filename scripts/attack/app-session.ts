/** A session of an app at one holder, as the log-in would have made it. */
import { randomUUID } from 'node:crypto';
import type { House } from '../../src/app.ts';
import { personByBsn } from '../../src/consent/index.ts';
import type { Member } from './installation.ts';
import type { Answer, Line } from './line.ts';
import type { World } from './world.ts';

const APP = 'app.attack.example';

/**
 * @param authority of a representative; absent: the person.
 * @returns asks for the conditions of the record, each time with the token of this session.
 */
export async function askAsApp(
  { rooms }: House,
  line: Line,
  { bsn }: World,
  holder: Member,
  authority?: string,
): Promise<() => Promise<Answer>> {
  const { clients, database, store, tokens } = rooms;
  await clients.put(database, {
    ...{ id: APP, kind: 'pgo', name: APP, status: 'active', keys: [], certificates: [] },
    ...{ mllp: [], scopes: [], services: ['48'], redirectUris: [] },
  });
  const vault = await personByBsn(store, database, bsn);
  if (vault === undefined) throw new Error('Nobody is known by this number.');
  const correlationId = randomUUID();
  const { token } = await tokens.issue(database, {
    kind: 'medmij',
    ...{ client: APP, vault, aanbieder: holder.organisation, services: ['48'], correlationId },
    consent: randomUUID(),
    ...(authority === undefined ? {} : { representative: { subject: 'ouder', authority } }),
  });
  return () =>
    line.ask({
      path: `/medmij/${holder.name}proef/48/fhir/Condition`,
      token,
      headers: {
        'medmij-request-id': randomUUID(),
        'x-correlation-id': correlationId,
        accept: 'application/fhir+json',
      },
    });
}
