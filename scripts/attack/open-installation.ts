/** The installation that is attacked: one of the suite's own, or one that runs. */
import type { Installation } from './installation.ts';
import { startOwnInstallation } from './own-installation.ts';
import type { Foretelling } from './previews.ts';
import { joinInstallation } from './running-installation.ts';

export interface Opened {
  readonly to: Installation;
  readonly later?: (ms: number) => void;
  readonly now?: () => Date;
  /** Where a change can be looked at before it is saved. */
  readonly foretelling?: Foretelling;
}

export async function openInstallation(url: string | undefined, dataDir: string): Promise<Opened> {
  if (url !== undefined) return { to: await joinInstallation(url, dataDir) };
  const own = await startOwnInstallation();
  return { to: own, later: own.later, now: own.now, foretelling: own };
}
