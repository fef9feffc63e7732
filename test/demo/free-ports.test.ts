/** A demo on any free ports says which they are. */
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { withFreePorts } from '../../src/demo/free-ports.ts';

describe('ports of the demo', () => {
  it('are found where 0 was asked, each another one, before an address is told', async () => {
    const asked = { PORT: '0', TLS_PORT: '0', MLLP_PORT: 'off', MLLP_TLS_PORT: '0' };
    const found = await withFreePorts(asked, '127.0.0.1');
    const numbers = [found['PORT'], found['TLS_PORT'], found['MLLP_TLS_PORT']].map(Number);
    expect(new Set(numbers).size).toBe(3);
    expect(numbers.every((one) => one > 0)).toBe(true);
    expect(found['MLLP_PORT']).toBe('off');
    const { publicUrl, port } = readConfig(found, { demo: true });
    expect(publicUrl).toBe(`http://127.0.0.1:${port}`);
    expect(port).toBeGreaterThan(0);
    expect(found['DIGID_PORT']).toBe('0');
  });

  it('stay as they were given', async () => {
    const given = { PORT: '0', DIGID_PORT: '4001', TLS_PORT: '8443' };
    expect(await withFreePorts(given, '127.0.0.1')).toMatchObject({
      ...{ DIGID_PORT: '4001', TLS_PORT: '8443' },
    });
    expect(await withFreePorts({ PORT: '8080' }, '127.0.0.1')).toEqual({ PORT: '8080' });
  });
});
