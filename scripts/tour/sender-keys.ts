/**
 * Keys of a sender are changed while it works: the new one is added, both work, the old one goes.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSender } from '../../src/demo/client/sender-client.ts';
import { TokenRefused } from '../../src/demo/client/system-token.ts';
import { exchange } from '../../src/demo/client/trail.ts';
import { adtUpdate } from '../../src/demo/region/messages/hl7v2-message.ts';
import { organisation } from '../../src/demo/region/organisations.ts';
import { zorgsluis } from './command.ts';
import type { Tour } from './tour-parts.ts';

const SENDER = 'his-duin';
/** A change of a client counts on every gateway within this time. */
const IN_FORCE_MS = 1_000;

export async function senderKeys(tour: Tour): Promise<void> {
  const { tell, demo } = tour;
  tell.chapter('Keys of a sender are changed');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = 'tour-2';
  const file = join(demo.dataDir, 'tour-public-key.json');
  writeFileSync(
    file,
    JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' }),
  );
  const old = tour.system(SENDER);
  const renewed = { ...old, key: privateKey.export({ format: 'jwk' }), keyId: kid };

  tell.equal('the new key before it is known', await tokenWith(renewed), '401 invalid_client');
  const added = await zorgsluis(demo.variables, 'sender', 'key', 'add', SENDER, file);
  tell.equal(
    'zorgsluis sender key add',
    `${added.code} ${added.out.trim()}`,
    `0 ${SENDER}: active, 2 keys.`,
  );
  await inForce();
  tell.equal('the new key, one second later', await tokenWith(renewed), 'token');
  tell.equal('the old key', await tokenWith(old), 'token');
  const removed = await zorgsluis(demo.variables, 'sender', 'key', 'remove', SENDER, `${SENDER}-1`);
  tell.equal('zorgsluis sender key remove', removed.code ?? -1, 0);
  await inForce();
  tell.equal('the old key, one second later', await tokenWith(old), '401 invalid_client');
  tell.equal('the new key after that', await tokenWith(renewed), 'token');

  tell.chapter('A client certificate instead of a token');
  const message = adtUpdate(
    { application: 'WIJKEPD', organisation: organisation('wijkermeer') },
    tour.person('P11').person,
    { id: 'TOUR-TLS-1', time: '20260301120000', bsn: tour.person('P11').person.bsn ?? 'none' },
  );
  const by = async (certificate: string) => {
    const { certFile, keyFile, caFile } = tour.tlsFiles(certificate);
    const answer = await exchange(`${demo.tlsUrl}/intake/epd-wijkermeer`, {
      method: 'POST',
      body: message,
      headers: { 'content-type': 'application/hl7-v2' },
      tls: {
        cert: readFileSync(certFile, 'utf8'),
        key: readFileSync(keyFile, 'utf8'),
        ca: readFileSync(caFile, 'utf8'),
      },
    });
    return answer.status;
  };
  tell.equal('with the certificate of another', await by('epd-kennemerzoom'), 401);
  tell.equal('with its own certificate', await by('epd-wijkermeer'), 200);
}

const inForce = () => new Promise((resolve) => setTimeout(resolve, IN_FORCE_MS));

async function tokenWith(client: Parameters<typeof openSender>[0]): Promise<string> {
  try {
    await openSender(client);
    return 'token';
  } catch (error) {
    if (error instanceof TokenRefused) return error.message;
    throw error;
  }
}
