/** What the way in has for people: their own sendings, and which sources answer. */
import type { Clients } from '../identity/index.ts';
import type { HttpCall } from '../platform/http-client.ts';
import { createShare, type Share, type ShareParts } from './from-person/share.ts';
import { createSharedItems, type SharedItems } from './from-person/shared-items.ts';
import { createSharedNotices, type SharedNotices } from './from-person/shared-notices.ts';
import { createSourceProbe, type SourceProbe } from './source-probe.ts';
import { createSourceStates, type SourceStates } from './source-states.ts';

export interface FromPeople {
  readonly share: Share;
  readonly sharedItems: SharedItems;
  /** Tells providers what people sent. */
  readonly sharedNotices: SharedNotices;
  readonly sources: SourceStates;
  /** Asks the systems of providers whether they answer. */
  readonly sourceProbe: SourceProbe;
}

type PeopleParts = Omit<ShareParts, 'items'> & {
  readonly clients: Clients;
  readonly publicUrl: string;
  /** Who we are when we call a provider's system. */
  readonly tls?: HttpCall['tls'];
};

export function fromPeople(parts: PeopleParts): FromPeople {
  const sharedItems = createSharedItems(parts.store);
  return {
    sharedItems,
    share: createShare({ ...parts, items: sharedItems }),
    sharedNotices: createSharedNotices(parts),
    sources: createSourceStates(parts.database, parts.clock),
    sourceProbe: createSourceProbe(parts),
  };
}
