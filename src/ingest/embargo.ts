/**
 * When a resource may first be seen by anybody but its sender (capabilities B9): a moment that the
 * sender gave with the item, or the delay that the sender's file sets for its kind.
 */
import type { Coding, Resource } from '../conformance/index.ts';
import type { SenderOverlay } from './format.ts';
import { durationMs } from './mapping/delay.ts';

/** With `valueDateTime`, to the minute or finer, with a zone. */
const EMBARGO_EXTENSION = 'https://zorgsluis.example/fhir/StructureDefinition/embargo-until';

interface Extension {
  readonly url?: unknown;
  readonly valueDateTime?: unknown;
}

/**
 * The later of both; nothing when neither holds. A delay counts from the moment the source gave the
 * result out (`issued`), else from when it came in, so that a replay changes nothing.
 * @param recorded ISO instant at which the delivery came in.
 */
export function embargoOf(
  r4: Resource,
  overlay: SenderOverlay,
  recorded: string,
): { embargoUntil?: string } {
  const moments = [givenMoment(r4), delayedMoment(r4, overlay, recorded)].filter(
    (moment) => moment !== undefined,
  );
  return moments.length === 0 ? {} : { embargoUntil: new Date(Math.max(...moments)).toISOString() };
}

function givenMoment(r4: Resource): number | undefined {
  const extensions = Array.isArray(r4['extension']) ? (r4['extension'] as Extension[]) : [];
  const value = extensions.find((one) => one.url === EMBARGO_EXTENSION)?.valueDateTime;
  const moment = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(moment) ? undefined : moment;
}

function delayedMoment(
  r4: Resource,
  { delays }: SenderOverlay,
  recorded: string,
): number | undefined {
  const type = r4.resourceType;
  const names = [type, ...categoriesOf(r4).map((code) => `${type}/${code}`)];
  const waits = names.flatMap((name) => {
    const delay = Object.hasOwn(delays, name) ? delays[name] : undefined;
    return delay === undefined ? [] : [durationMs(delay)];
  });
  if (waits.length === 0) return undefined;
  const issued = typeof r4['issued'] === 'string' ? Date.parse(r4['issued']) : Number.NaN;
  return (Number.isNaN(issued) ? Date.parse(recorded) : issued) + Math.max(...waits);
}

function categoriesOf(r4: Resource): string[] {
  const categories = [r4['category']].flat() as ({ coding?: Coding[] } | undefined)[];
  return categories.flatMap((one) => (one?.coding ?? []).flatMap(({ code }) => code ?? []));
}
