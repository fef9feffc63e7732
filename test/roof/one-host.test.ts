/** RFC 9112 3.2: a request says once, and rightly, which host it is for. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, openGateway } from '../support/gateway.ts';

let gateway: Gateway;
let port: number;

beforeAll(async () => {
  gateway = await openGateway();
  port = Number(new URL(await gateway.app.listen({ port: 0, host: '127.0.0.1' })).port);
});
afterAll(() => gateway.close());

async function statusOf(lines: readonly string[], path = '/health/live'): Promise<string> {
  const line = connect(port, '127.0.0.1');
  line.write(`GET ${path} HTTP/1.1\r\n${lines.map((one) => `${one}\r\n`).join('')}`);
  line.write('Connection: close\r\n\r\n');
  let told = '';
  line.on('data', (piece) => {
    told += String(piece);
  });
  await once(line, 'close');
  return told.split(' ')[1] ?? '';
}

describe('the Host of a request', () => {
  it.each([
    ['two that differ', ['Host: een.example', 'Host: twee.example']],
    ['two that are the same', ['Host: een.example', 'host: een.example']],
    ['none', []],
    ['one that is no name', ['Host: een.example twee.example']],
    ['a path in it', ['Host: een.example/medmij']],
    ['a user in it', ['Host: een@twee.example']],
  ])('is refused: %s', async (_name, lines) => {
    expect(await statusOf(lines)).toBe('400');
  });

  it.each([['een.example'], ['een.example:8443'], ['127.0.0.1:80'], ['[::1]:8080'], ['']])(
    'is taken: "%s"',
    async (host) => {
      expect(await statusOf([`Host: ${host}`])).toBe('200');
    },
  );

  it.each(['/medmij/authorize', '/fhir/r4/metadata', '/nergens', '/'])(
    'is looked at before anything else (%s)',
    async (path) => {
      expect(await statusOf(['Host: a', 'Host: b'], path)).toBe('400');
    },
  );
});
