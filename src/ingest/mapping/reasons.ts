/** Why the rule tables leave something out, in the language of who reads it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { MAPPINGS_FOLDER } from './sender-overlay.ts';

let dutch: Readonly<Record<string, string>> | undefined;

/**
 * The words of `because` in plain Dutch; undefined for a reason of a sender's own file, which is
 * in the language that they chose.
 */
export function reasonInDutch(because: string): string | undefined {
  dutch ??= parse(readFileSync(join(MAPPINGS_FOLDER, 'reasons-nl.yaml'), 'utf8')) as Record<
    string,
    string
  >;
  return Object.hasOwn(dutch, because) ? dutch[because] : undefined;
}
