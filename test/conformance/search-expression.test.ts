/** https://hl7.org/fhir/R4/search.html: what an expression finds in both versions. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { typeRules } from '../../src/conformance/elements.ts';
import { R4, STU3 } from '../../src/conformance/index.ts';
import { select } from '../../src/conformance/search-expression.ts';

/** Elements that begin with the name of another of their type, which is absent. */
function* begun(): Generator<readonly [string, string]> {
  for (const version of [R4, STU3]) {
    const file = new URL(`../../profiles/${version.profiles}/elements.json`, import.meta.url);
    const { types } = JSON.parse(readFileSync(file, 'utf8')) as { types: Record<string, string> };
    for (const type of Object.keys(types)) {
      const elements = typeRules(version, type)?.elements ?? [];
      const choices = new Set(elements.filter((one) => one.choice).map(({ name }) => name));
      for (const { name, choice } of elements) {
        const short = elements.find((one) => one.name !== name && name.startsWith(one.name));
        if (!choice && short && !choices.has(short.name)) yield [short.name, name];
      }
    }
  }
}

it('takes no element of its own for a choice of another', () => {
  const pairs = [...begun()];
  expect(pairs).toContainEqual(['subscriber', 'subscriberId']);
  const taken = pairs.filter(([short, name]) => {
    const found = select(`Any.${short}`, { resourceType: 'Any', [name]: 'x' });
    return found.length > 0;
  });
  // A choice in other types; no search parameter looks at that of a Contract.
  expect(taken).toEqual([['reason', 'reasonReference']]);
});

it('finds a choice by any of its types', () => {
  for (const name of ['valueString', 'valueQuantity', 'valueId', 'valueReference']) {
    expect(select('Any.value', { resourceType: 'Any', [name]: 'x' })).toHaveLength(1);
  }
});
