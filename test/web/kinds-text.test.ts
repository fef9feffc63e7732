/** No page names a type of FHIR to a person. */
import { expect, it } from 'vitest';
import { r4TypeOf } from '../../src/conformance/index.ts';
import { readGegevensdiensten } from '../../src/medmij/gegevensdienst.ts';
import { kindsText, kindText } from '../../src/web/kinds-text.ts';

it('has words for every type that an app can collect or send', () => {
  const types = new Set(
    [...readGegevensdiensten().values()].flatMap(({ readTypes, share }) => [
      ...readTypes,
      ...(share ? [...share.batch, ...share.transaction, ...share.update] : []),
    ]),
  );
  const unnamed = [...types].map(r4TypeOf).filter((type) => kindText(type).nl === type);
  expect([...new Set(unnamed)]).toEqual([]);
  expect(kindsText({ Observation: 2, Communication: 1 }, 'nl')).toBe(
    '2 × metingen en uitslagen, 1 × berichten',
  );
});
