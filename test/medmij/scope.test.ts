/** The scope grammar of MedMij 2.2, with the combinations of 1.5 beside it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScope } from '../../src/medmij/scope.ts';

describe('a scope', () => {
  it.each([
    ['umcharderwijk', { aanbieder: 'umcharderwijk', services: [] }],
    ['medmij.ontwikkel.interoplab', { aanbieder: 'medmij.ontwikkel.interoplab', services: [] }],
    ['umc~48', { aanbieder: 'umc', services: ['48'] }],
    ['umc~48 umc~900000101', { aanbieder: 'umc', services: ['48', '900000101'] }],
    ['umc~007', { aanbieder: 'umc', services: ['007'] }],
    ['subscribe~90/umc~48', { aanbieder: 'umc', services: ['48'], days: 90 }],
    ['subscribe~0/umc~48', { aanbieder: 'umc', services: ['48'], days: 0 }],
    ['onbehalfof umc', { aanbieder: 'umc', services: [], delegation: 'onbehalfof' }],
    [
      'umc~48 onbehalfofchild',
      { aanbieder: 'umc', services: ['48'], delegation: 'onbehalfofchild' },
    ],
  ])('%s is understood', (text, meant) => {
    expect(parseScope(text)).toEqual(meant);
  });

  it.each([
    '',
    ' ',
    ' umc',
    'umc ',
    'umc  umc',
    'umc@medmij',
    'UMC',
    'umc~',
    '~48',
    'umc~48~49',
    'umc umc~48',
    'umc~48 umc',
    'umc~48 umc~48',
    'umc~48 andere~49',
    'umc\t48',
    'subscribe~/umc~48',
    'subscribe~-1/umc~48',
    'subscribe~1.5/umc~48',
    'subscribe~30/umc',
    'subscribe~30/umc~48 umc~49',
    'onbehalfof',
    'onbehalfof onbehalfofchild umc',
    'umc~48 onbehalfof umc~49',
    `${'umc~48 '.repeat(200)}umc~1`,
  ])('%j is not', (text) => {
    expect(parseScope(text)).toBeUndefined();
  });

  it('never names more than was written, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        const scope = parseScope(text);
        if (!scope) return;
        expect(text).toContain(scope.aanbieder);
        for (const id of scope.services) expect(text).toContain(`${scope.aanbieder}~${id}`);
      }),
    );
  });
});
