/** A fault in the ledger is told in the reader's language, with the detail marked as English. */
import { expect, it } from 'vitest';
import type { Text } from '../../../src/platform/html/language.ts';
import { findingText } from '../../../src/web/auditor/finding-text.ts';

const dutch = (text: Text) => text.nl;
const finding = { kind: 'removed', seq: 12, text: 'Entry 12 was removed.' } as const;

it('says in Dutch what is wrong, and marks the English detail', () => {
  const found = `${findingText(finding, dutch)}`;
  expect(found).toContain('hier is een regel weggehaald');
  expect(found).toContain('<span lang="en">Entry 12 was removed.</span>');
});
