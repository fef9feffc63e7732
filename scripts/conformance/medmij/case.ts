/** One conformance case of the MedMij reference, by its id. */
import type { Stage } from './stage.ts';

export type Cases = Readonly<Record<string, (stage: Stage) => Promise<void>>>;

/** Cases that cannot be run here, each with the reason. */
export type NotHere = Readonly<Record<string, string>>;
