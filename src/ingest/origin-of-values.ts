/**
 * Where the values of a delivery went: for each place in the message the rule that took it and the
 * element that it became, or why it became nothing (source-formats.md 2.7). Read again from the
 * original with the mapping as it is now; places, rules and elements only, never a value.
 */
import { carriedOut } from './carried-out.ts';
import type { DeliveryRow } from './delivery.ts';
import type { MappingIssue } from './format.ts';
import type { IntakeRooms, Sender } from './handling.ts';
import { mappingVersion } from './mapping/mapping-version.ts';
import { readMessages } from './read-messages.ts';

export interface OriginOfValues {
  /** Version of the mapping, as a Provenance names it. */
  readonly mapping: string;
  readonly values: readonly OriginOfValue[];
}

export interface OriginOfValue {
  readonly kind: MappingIssue['kind'];
  /** Source position, `OBX[2]-5` or an XPath. */
  readonly place: string;
  readonly rule?: string;
  /** Element it became, or why it became nothing. */
  readonly text: string;
}

const VALUES_MAX = 20_000;

/** @param place only of this position and below it. @throws Problem when it cannot be read. */
export async function originOfValues(
  { store, database, formats }: Pick<IntakeRooms, 'store' | 'database' | 'formats'>,
  { overlay }: Sender,
  delivery: DeliveryRow,
  place?: string,
): Promise<OriginOfValues> {
  const { bytes, mediaType } = await store.openOriginal(database, delivery.original);
  const { messages } = readMessages(formats, bytes, overlay, {
    mediaType,
    received: delivery.received,
  });
  const values = messages
    .map(carriedOut)
    .flatMap(({ issues }) => issues)
    .filter((issue) => place === undefined || isWithin(issue.place, place))
    .slice(0, VALUES_MAX)
    .map(({ kind, place: at, rule, text }) => ({
      kind,
      place: at,
      ...(rule === undefined ? {} : { rule }),
      text,
    }));
  return { mapping: mappingVersion(overlay), values };
}

/** `OBX[2]-5` holds `OBX[2]-5.1`, and not `OBX[2]-50`. */
function isWithin(place: string, asked: string): boolean {
  return (
    place === asked || (place.startsWith(asked) && /^[^A-Za-z0-9]/.test(place.slice(asked.length)))
  );
}
