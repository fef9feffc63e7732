/** A demo on any free ports says which they are. */
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { withFreePorts } from '../../src/demo/free-ports.ts';

const HOST = '127.0.0.1';
const held: Server[] = [];
afterEach(() => Promise.all(held.splice(0).map((one) => new Promise((end) => one.close(end)))));

/** Taken by another program until the test ends. */
async function takenPort(port = 0): Promise<number> {
  const server = createServer();
  held.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const saidBy = async (variables: Record<string, string>) => {
  const said: string[] = [];
  const found = await withFreePorts(variables, HOST, (text) => said.push(text));
  return { found, said };
};

describe('ports of the demo', () => {
  it('are found where 0 was asked, each another one, before an address is told', async () => {
    const asked = { PORT: '0', TLS_PORT: '0', MLLP_PORT: 'off', MLLP_TLS_PORT: '0' };
    const { found } = await saidBy(asked);
    const numbers = [found['PORT'], found['TLS_PORT'], found['MLLP_TLS_PORT']].map(Number);
    expect(new Set(numbers).size).toBe(3);
    expect(numbers.every((one) => one > 0)).toBe(true);
    expect(found['MLLP_PORT']).toBe('off');
    const { publicUrl, port } = readConfig(found, { demo: true });
    expect(publicUrl).toBe(`http://127.0.0.1:${port}`);
    expect(port).toBeGreaterThan(0);
    expect(found['DIGID_PORT']).toBe('0');
  });

  it('are all any free ones when PORT is 0 and nothing is said of the others', async () => {
    const { found, said } = await saidBy({ PORT: '0' });
    const names = ['PORT', 'TLS_PORT', 'MLLP_PORT', 'MLLP_TLS_PORT'];
    const usual = readConfig({}, { demo: true });
    expect(new Set(names.map((name) => found[name])).size).toBe(4);
    expect(names.map((name) => Number(found[name])).every((port) => port > 0)).toBe(true);
    expect(found['TLS_PORT']).not.toBe(String(usual.tls.port));
    expect(said).toEqual([]);
  });

  it.each([
    { PORT: '0', MLLP_PORT: '0', MLLP_TLS_PORT: 'off', TLS_PORT: '3' },
    { PORT: '0', MLLP_PORT: 'off', MLLP_TLS_PORT: '1', TLS_PORT: '2' },
  ])('leave alone a port just above that was asked for something else: %j', async (above) => {
    const port = await takenPort();
    await new Promise((end) => held.pop()?.close(end));
    const number = (text: string) => (/^[1-9]/.test(text) ? String(port + Number(text)) : text);
    const given = {
      ...{ PORT: String(port), TLS_PORT: number(above.TLS_PORT) },
      ...{ MLLP_PORT: number(above.MLLP_PORT), MLLP_TLS_PORT: number(above.MLLP_TLS_PORT) },
    };
    const { found } = await saidBy(given);
    const names = ['DIGID_PORT', 'STAFF_PORT', 'MITZ_PORT'];
    const moved = names.filter((_, index) =>
      [given.TLS_PORT, given.MLLP_TLS_PORT].includes(String(port + 1 + index)),
    );
    expect(moved.length).toBeGreaterThan(0);
    for (const name of moved) expect(found[name], name).toBe('0');
  });

  it('stay as they were given, also when they are taken', async () => {
    const taken = String(await takenPort());
    const given = { PORT: '0', DIGID_PORT: '4001', TLS_PORT: taken, MLLP_TLS_PORT: 'off' };
    const { found, said } = await saidBy(given);
    expect(found).toMatchObject({ DIGID_PORT: '4001', TLS_PORT: taken, MLLP_TLS_PORT: 'off' });
    expect(said).toEqual([]);
  });

  it('are others, and it is said, where nobody chose and another program was first', async () => {
    const usual = readConfig({}, { demo: true }).tls.port ?? 0;
    // On this machine somebody else may have it already.
    await takenPort(usual).catch(() => undefined);
    const { found, said } = await saidBy({ PORT: String(await takenPort()) });
    expect(Number(found['TLS_PORT'])).toBeGreaterThan(0);
    expect(found['TLS_PORT']).not.toBe(String(usual));
    expect(said).toContain(
      `Port ${usual} is taken by another program: TLS_PORT is ${found['TLS_PORT']} this time.`,
    );
  });

  it('beside PORT are any where the next number is taken', async () => {
    const first = await takenPort();
    const { found } = await saidBy({ PORT: String(first - 1) });
    expect(found['DIGID_PORT']).toBe('0');
    expect(found['PORT']).toBe(String(first - 1));
  });
});
