/** Differences from published output that are meant: `profiles/deviations.json`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Deviation {
  readonly folder: string;
  /** `Type` or the beginning of `Type.path`. */
  readonly at: string;
  readonly because: string;
}

export function readDeviations(): Deviation[] {
  const file = join(import.meta.dirname, '../../profiles/deviations.json');
  if (!existsSync(file)) return [];
  const { sources } = JSON.parse(readFileSync(file, 'utf8')) as { sources?: Deviation[] };
  return sources ?? [];
}

export const isListed = (path: string, known: readonly Deviation[]): boolean =>
  known.some(({ at }) => path === at || path.startsWith(`${at}.`) || path.startsWith(`${at}(`));
