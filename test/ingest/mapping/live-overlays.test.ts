/** A sender's file counts from the next message on; a wrong one changes nothing. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openOverlays } from '../../../src/ingest/mapping/live-overlays.ts';

const folder = mkdtempSync(join(tmpdir(), 'zorgsluis-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
let written = 0;

/** Each time later than before, however coarse the file system counts. */
function write(name: string, text: string): void {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  written += 10;
  const at = new Date(1_772_438_400_000 + written * 1_000);
  utimesSync(file, at, at);
}

const clock = { now: 0 };
const open = (more: Partial<Parameters<typeof openOverlays>[0]> = {}) =>
  openOverlays({ folder, now: () => clock.now, ...more });

describe('the overlay of a sender', () => {
  it('is one object for as long as its file stays the same', () => {
    write('same', 'charset: utf-8\n');
    const overlays = open();
    const first = overlays.of('same', 'epd');
    clock.now += 5_000;
    expect(overlays.of('same', 'epd')).toBe(first);
    expect(first).toMatchObject({ id: 'epd', charset: 'utf-8' });
  });

  it('follows its file', () => {
    write('follows', 'charset: utf-8\n');
    const overlays = open();
    expect(overlays.of('follows', 'epd').unknownCodes).toBe('keep');
    write('follows', 'charset: utf-8\nunknownCodes: hold-item\n');
    clock.now += 1_000;
    expect(overlays.of('follows', 'epd').unknownCodes).toBe('hold-item');
  });

  it('appears when its file does', () => {
    const overlays = open();
    expect(overlays.of('new', 'new').charset).toBe('windows-1252');
    write('new', 'charset: iso-8859-15\n');
    clock.now += 1_000;
    expect(overlays.of('new', 'new').charset).toBe('iso-8859-15');
  });

  it.each([
    ['has an unknown key', 'colour: red\n'],
    ['is no YAML', 'charset: [utf-8\n'],
    ['has a delay of a month', 'delays: { Observation: P1M }\n'],
  ])('stays as it was when the file %s, and that is told once', (_what, text) => {
    write('wrong', 'charset: utf-8\n');
    const told: string[] = [];
    const overlays = open({ wrong: (name) => void told.push(name) });
    const good = overlays.of('wrong', 'epd');
    write('wrong', text);
    for (let look = 0; look < 3; look += 1) {
      clock.now += 1_000;
      expect(overlays.of('wrong', 'epd')).toBe(good);
    }
    expect(told).toEqual(['wrong']);
  });

  it('stays as it was when what it adds does not compile', () => {
    write('tables', 'charset: utf-8\n');
    const overlays = open({
      check: (overlay) => {
        if (overlay.tables.length > 0) throw new SyntaxError('a rule extends itself');
      },
    });
    const good = overlays.of('tables', 'epd');
    write('tables', 'tables: [{ table: x }]\n');
    clock.now += 1_000;
    expect(overlays.of('tables', 'epd')).toBe(good);
  });

  it('is an error at once when it was never good', () => {
    write('never', 'colour: red\n');
    expect(() => open().of('never', 'epd')).toThrow(/never\.yaml.*unknown key "colour"/);
  });
});
