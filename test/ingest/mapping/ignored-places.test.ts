import { describe, expect, it } from 'vitest';
import { eachIgnored, ignoredPlaces } from '../../../src/ingest/mapping/ignored-places.ts';
import { compilePath } from '../../../src/ingest/mapping/path-grammar.ts';
import { rootCursor, type SourceNode } from '../../../src/ingest/mapping/source-node.ts';
import { select } from '../../../src/ingest/mapping/source-path.ts';

const node = (name: string, place: string, ...inner: (SourceNode | string)[]): SourceNode => ({
  name,
  place,
  value: typeof inner[0] === 'string' ? inner[0] : undefined,
  children: inner.filter((one) => typeof one !== 'string'),
});

const obx = (nth: number) =>
  node(
    'OBX',
    `OBX[${nth}]`,
    node('1', `OBX[${nth}]-1`, String(nth)),
    node(
      '3',
      `OBX[${nth}]-3`,
      node('1', `OBX[${nth}]-3.1`, 'K'),
      node('2', `OBX[${nth}]-3.2`, 'Kalium'),
    ),
    node('8', `OBX[${nth}]-8`, 'N'),
  );
const tree = node(
  'message',
  '',
  node('PID', 'PID', node('3', 'PID-3', '1')),
  node('ORDER', 'ORDER', node('RESULT', 'r1', obx(1)), node('RESULT', 'r2', obx(2))),
);

const PATHS = [
  'PID-3',
  'PID-3.1',
  'PID-3.1.1',
  'PID-9',
  '.',
  '**/OBX/1',
  '**/OBX/3/2',
  '**/OBX/8/1',
  '**/RESULT',
  "**/OBX[8='N']",
  "ORDER/RESULT/OBX[1='2']/3",
  '/PID/3',
  'ORDER/RESULT/OBX/8',
  '*/3',
];

describe('what a rule leaves out', () => {
  it.each(PATHS)('%s leads to the same values as the path does', (text) => {
    const path = compilePath(text);
    const places = ignoredPlaces([{ id: 'one', from: [path], because: 'so' }]);
    const found: string[] = [];
    eachIgnored(places, rootCursor(tree), (_entry, { place }) => found.push(place));
    expect(found).toEqual(select(rootCursor(tree), path).map((one) => one.node.place));
  });

  it('comes in the order of the entries: the first reason is the one that is told', () => {
    const entry = (id: string, ...from: string[]) => ({
      id,
      from: from.map(compilePath),
      because: id,
    });
    const places = ignoredPlaces([
      entry('by test', "**/OBX[8='N']"),
      entry('by name', '**/OBX/8', 'PID-3'),
      entry('once more', 'PID'),
    ]);
    const found: string[] = [];
    eachIgnored(places, rootCursor(tree), ({ id }, { place }) => found.push(`${id}: ${place}`));
    expect(found).toEqual([
      ...['by test: OBX[1]', 'by test: OBX[2]'],
      ...['by name: PID-3', 'by name: OBX[1]-8', 'by name: OBX[2]-8'],
      'once more: PID',
    ]);
  });
});
