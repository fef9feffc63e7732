import { expect, it } from 'vitest';
import { contextOf, type Linkable } from '../../src/ingest/derived-from.ts';
import { withBytes } from '../../src/ingest/written-bytes.ts';

const CONTEXT = 'DocumentReference/7d0b2f0a';

function binary(data: string, member: 'data' | 'content' = 'data') {
  const native = {
    resourceType: 'Binary',
    contentType: 'application/pdf',
    [member]: data,
    securityContext: { reference: CONTEXT },
  };
  const known = {
    type: 'Binary',
    id: 'b',
    custodian: 'c',
    native: 'R4' as const,
    facts: {} as Linkable['facts'],
    tokens: [],
    months: [],
  };
  return withBytes(known, { native, r4: native }, data.length > 1_048_576);
}

it('of what a Binary is, is seen in its content or beside it', () => {
  expect(contextOf(binary('QUJD'))).toEqual({ context: CONTEXT });
  expect(contextOf(binary('QUJD'.repeat(300_000)))).toEqual({ context: CONTEXT });
  expect(contextOf(binary('QUJD'.repeat(300_000), 'content'))).toEqual({ context: CONTEXT });
});

it('of a document the content is not made for that', () => {
  const write: Linkable = Object.create(binary('QUJD'.repeat(300_000)), {
    bytes: {
      get() {
        throw new Error('the content was made');
      },
    },
  });
  expect(contextOf(write)).toEqual({ context: CONTEXT });
});
