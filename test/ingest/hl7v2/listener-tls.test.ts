/** The MLLP line with client certificates: who may speak is known before a message is read. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoCertificates, demoCertificates } from '../../../src/demo/test-ca.ts';
import { acknowledge, sendingNames } from '../../../src/ingest/hl7v2/ack.ts';
import { listenMllp, type MllpLine } from '../../../src/ingest/hl7v2/listener.ts';
import { mllpDecoder, mllpFrame } from '../../../src/ingest/hl7v2/mllp.ts';
import { er7, PID } from './messages.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-mllp-tls-'));
const strangers = mkdtempSync(join(tmpdir(), 'zorgsluis-mllp-other-'));
let ours: DemoCertificates;
let theirs: DemoCertificates;
let line: MllpLine;
let lax: MllpLine;

const answer = (bytes: Buffer, problem?: Parameters<typeof acknowledge>[1]) =>
  acknowledge(bytes, problem, { now: new Date(0), newControlId: () => 'X' });

const start = (rejectUnauthorized: boolean) =>
  listenMllp<string>({
    port: 0,
    host: '127.0.0.1',
    tls: {
      cert: readFileSync(ours.serverCertFile),
      key: readFileSync(ours.serverKeyFile),
      ca: readFileSync(ours.caFile),
      rejectUnauthorized,
    },
    identify: async ({ certificateSha256 }) =>
      certificateSha256 === ours.clients['hospital']?.sha256 ? 'hospital' : undefined,
    handle: async (bytes) => answer(bytes),
    refuse: (bytes, problem) => answer(bytes, problem),
    readName: sendingNames,
    log: { warn: () => undefined },
  });

beforeAll(async () => {
  const names = [
    { name: 'hospital', dnsName: 'hospital.example' },
    { name: 'laboratory', dnsName: 'laboratory.example' },
  ];
  ours = await demoCertificates(folder, names);
  theirs = await demoCertificates(strangers, names);
  line = await start(true);
  lax = await start(false);
});

afterAll(async () => {
  await Promise.all([line.close(), lax.close()]);
  rmSync(folder, { recursive: true });
  rmSync(strangers, { recursive: true });
});

/** What a sender with this certificate hears before the line closes or goes quiet. */
async function send(to: MllpLine, from?: DemoCertificates['clients'][string]): Promise<string> {
  const socket: TLSSocket = connect({
    port: to.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: readFileSync(ours.caFile),
    ...(from ? { cert: readFileSync(from.certFile), key: readFileSync(from.keyFile) } : {}),
  });
  const decoder = mllpDecoder({ messageBytesMax: 10_000 });
  return new Promise((resolve) => {
    const end = (heard: string) => {
      socket.destroy();
      resolve(heard);
    };
    socket.on('error', () => end('refused'));
    socket.on('close', () => end('closed'));
    socket.on('secureConnect', () => {
      socket.write(mllpFrame(er7('MSH|^~\\&|ZIS|H|G|R|2026||ADT^A08|1|P|2.5', PID)));
    });
    socket.on('data', (chunk: Buffer) => {
      const [frame] = decoder.push(chunk);
      if (frame) end(frame.bytes.toString().split('\r')[1]?.split('|')[1] ?? '');
    });
  });
}

describe('the MLLP line over TLS', () => {
  it('hears the sender whose certificate is registered', async () => {
    expect(await send(line, ours.clients['hospital'])).toBe('AA');
  });

  it('rejects a certificate of ours that is not registered for this sender', async () => {
    expect(await send(line, ours.clients['laboratory'])).toBe('AR');
  });

  it('lets nobody in without a certificate, or with one of another authority', async () => {
    expect(await send(line)).not.toBe('AA');
    expect(await send(line, theirs.clients['hospital'])).not.toBe('AA');
  });

  it('still knows nobody by an untrusted certificate where the handshake let it pass', async () => {
    expect(await send(lax)).toBe('AR');
    expect(await send(lax, theirs.clients['hospital'])).toBe('AR');
  });

  it('takes over other certificates without a stop', async () => {
    const renewed = await start(true);
    expect(await send(renewed, ours.clients['hospital'])).toBe('AA');
    renewed.renew({
      cert: readFileSync(ours.serverCertFile),
      key: readFileSync(ours.serverKeyFile),
      ca: readFileSync(theirs.caFile),
    });
    expect(await send(renewed, ours.clients['hospital'])).not.toBe('AA');
    await renewed.close();
  });
});
