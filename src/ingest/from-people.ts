/** What the way in has for people: their own sendings, and which sources answer. */
import { createShare, type Share, type ShareParts } from './from-person/share.ts';
import { createSharedItems, type SharedItems } from './from-person/shared-items.ts';
import { createSourceStates, type SourceStates } from './source-states.ts';

export interface FromPeople {
  readonly share: Share;
  readonly sharedItems: SharedItems;
  readonly sources: SourceStates;
}

export function fromPeople(parts: Omit<ShareParts, 'items'>): FromPeople {
  const sharedItems = createSharedItems(parts.store);
  return {
    sharedItems,
    share: createShare({ ...parts, items: sharedItems }),
    sources: createSourceStates(parts.database, parts.clock),
  };
}
