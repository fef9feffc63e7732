/**
 * Updates of parts, and what comes in another order than it was said: what the source said last
 * holds, element by element, and what was said of a thing before it came counts when it comes.
 */
import type { Resource } from '../conformance/index.ts';
import type { PutResult, StoredResource } from '../store/index.ts';
import { type Together, together } from './element-times.ts';
import type { MappedResource } from './format.ts';
import { headFirst, storedIn } from './resource-form.ts';
import { standingOf } from './standing.ts';

interface Update {
  readonly id: string;
  readonly mapped: MappedResource;
  readonly native: Resource;
}

/** A late update of parts goes to history as it came; what still counts of it is added after. */
export function wordOn(one: Update, before: StoredResource | undefined): Together | undefined {
  const said = saidOf(one);
  if (!before) return together(undefined, said);
  const time = before.sourceTime;
  if (Date.parse(said.time ?? '') < Date.parse(time ?? '')) return undefined;
  return together({ ...before, resource: storedIn(before, one.mapped.version), time }, said);
}

/**
 * What came late still counts where nothing later was said: in an update of parts, and under what
 * was said of it before it came.
 */
export function lateWord(
  one: Update,
  result: PutResult | undefined,
): { native: Resource; word: Together; before: StoredResource } | undefined {
  const { over, outcome } = result ?? {};
  if (outcome !== 'older' || !over) return undefined;
  const isAwaited = isUnseen(over) && !one.mapped.follows;
  if (!isAwaited && !(one.mapped.partial && !over.deleted)) return undefined;
  const { version } = one.mapped;
  const stored = storedIn(over, version);
  const whole = together({ ...over, resource: stored, time: over.sourceTime }, saidOf(one));
  const native = headFirst(whole.resource, one.id);
  if (!over.deleted && JSON.stringify(native) === JSON.stringify(stored)) return undefined;
  return { native, word: whole, before: over };
}

/** Kept unseen until what it speaks of comes. */
export const isUnseen = ({ deleted, bytes }: StoredResource): boolean =>
  deleted && bytes.length > 0;

const saidOf = ({ native, mapped }: Update) => ({
  resource: native,
  time: mapped.sourceTime,
  ...(mapped.gone ? { gone: mapped.gone } : {}),
  ...(mapped.hints ? { hints: mapped.hints } : {}),
});

/** When the source said it, and how far it is with it. */
export function orderOf({
  mapped,
  r4,
  word,
}: {
  readonly mapped: MappedResource;
  readonly r4: Resource;
  readonly word?: Together;
}) {
  const time = word ? word.time : mapped.sourceTime;
  if (time === undefined) return {};
  // Whoever names the id in FHIR says what is to stand there now.
  const standing = mapped.clientId === undefined ? standingOf(r4) : undefined;
  const times = word && Object.keys(word.elementTimes).length > 0;
  return {
    sourceTime: time,
    ...(standing === undefined ? {} : { standing }),
    ...(times ? { elementTimes: word.elementTimes } : {}),
  };
}
