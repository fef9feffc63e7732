/** Section 10.5, TLS: versions, and whose certificates count on the back channel. */
import { strict as assert } from 'node:assert';
import { connect } from 'node:tls';
import type { Cases } from './case.ts';
import { HOST, type Stage } from './stage.ts';
import { byCode, grant } from './walk.ts';
import { send } from './wire.ts';

type Version = 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

function protocolOf(stage: Stage, minVersion: Version, maxVersion: Version): Promise<string> {
  return new Promise((resolve, reject) => {
    const ciphers = maxVersion === 'TLSv1.1' ? 'DEFAULT@SECLEVEL=0' : undefined;
    const { ca, port } = stage.line;
    const socket = connect(
      {
        ...{ ca, port, host: '127.0.0.1', servername: HOST, minVersion, maxVersion },
        ...(ciphers === undefined ? {} : { ciphers }),
      },
      () => {
        const protocol = socket.getProtocol() ?? '';
        socket.destroy();
        resolve(protocol);
      },
    );
    socket.on('error', reject);
  });
}

export const TRANSPORT: Cases = {
  'TLS-01': async (stage) => {
    // The refusal must come from the gateway: an alert, and not our own client giving up.
    await assert.rejects(protocolOf(stage, 'TLSv1.1', 'TLSv1.1'), /alert|ECONNRESET/i);
  },
  'TLS-02': async (stage) => {
    assert.equal(await protocolOf(stage, 'TLSv1.2', 'TLSv1.2'), 'TLSv1.2');
    assert.equal(await protocolOf(stage, 'TLSv1.3', 'TLSv1.3'), 'TLSv1.3');
    assert.equal(await protocolOf(stage, 'TLSv1.2', 'TLSv1.3'), 'TLSv1.3');
  },
  'TLS-03': async (stage) => {
    const reply = await byCode(stage, await grant(stage), {}, { certificate: 'stranger' });
    assert.deepEqual([reply.status, reply.body['error']], [401, 'invalid_client']);
    const der = Buffer.from(
      stage.certificates.c1.cert.replace(/-----[^-]+-----/g, '').replaceAll(/\s/g, ''),
      'base64',
    );
    // And a header in the place of a certificate is nobody's word but a trusted proxy's.
    const spoofed = await send(stage.line, '/medmij/umcharderwijk/48/fhir/Patient', {
      headers: { 'client-cert': `:${der.toString('base64')}:`, authorization: 'Bearer x' },
    });
    assert.equal(spoofed.status, 401);
  },
  'TLS-04': async (stage) => {
    const reply = await byCode(stage, await grant(stage), {}, { certificate: 'revoked' });
    assert.deepEqual([reply.status, reply.body['error']], [401, 'invalid_client']);
  },
};
