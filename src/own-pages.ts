/** What the person's pages get from the rooms that they do not enter themselves. */
import { randomUUID } from 'node:crypto';
import type { Rooms } from './app.ts';
import type { LedgerEvent } from './audit/index.ts';
import { R4, r4TypeOf, type Sourced } from './conformance/index.ts';
import { createMergeDesk, ownCounts } from './consent/index.ts';
import { keepFinder } from './identity/index.ts';
import { waitingOf } from './ingest/index.ts';
import { askPartnerLogs } from './insight/index.ts';
import {
  activeSubscriptions,
  endToestemming,
  lapsesAt,
  readGegevensdiensten,
  SOON_DAYS,
  type Toestemming,
  toestemmingenOf,
} from './medmij/index.ts';
import type { AccessRequest } from './permission/index.ts';
import type { AppConsent, AppConsents, WebDoor } from './web/index.ts';

type OwnPages = Pick<
  WebDoor,
  'apps' | 'ownCounts' | 'ownRecord' | 'waiting' | 'findOrganisations' | 'partnerLogs' | 'mergeDesk'
>;

type OwnRooms = Pick<
  Rooms,
  | 'database'
  | 'store'
  | 'ledger'
  | 'consent'
  | 'organisations'
  | 'clock'
  | 'views'
  | 'clients'
  | 'keyring'
> & { readonly config: { readonly publicUrl: string } };

/** More than any person has; what is beyond it is not shown on a page. */
const RECORD_RESOURCES_MAX = 10_000;

export function ownPages(rooms: OwnRooms): OwnPages {
  const { database, store, consent, organisations, clock } = rooms;
  const { grantFor } = consent;
  const finderOf = keepFinder();
  return {
    apps: appConsents(rooms),
    mergeDesk: createMergeDesk({ ...rooms, ...consent }),
    ownCounts: (vault) => ownCounts({ database, store, grantFor }, ownAccess(), vault, clock()),
    ownRecord: (vault, access) => ownRecord(rooms, vault, access),
    waiting: (vault) => waitingOf(database, vault),
    async partnerLogs(vault, period) {
      const bsn = await consent.own.bsnOf(vault);
      if (bsn === undefined) return { lines: [], asked: [], missing: [] };
      return askPartnerLogs({ ...rooms, ...rooms.config }, { bsn, ...period });
    },
    findOrganisations: async (question) =>
      finderOf(await organisations.all())
        .find(question)
        .map(({ organisation }) => organisation),
  };
}

async function ownRecord(
  { views }: OwnRooms,
  vault: string,
  access: AccessRequest = ownAccess(),
): Promise<Sourced[]> {
  const found: Sourced[] = [];
  const question = { version: R4, path: 'mij/dossier', base: '' };
  for await (const { resources } of views.everything(access, vault, question)) {
    for (const { resource, custodian, id } of resources) {
      found.push({ custodian, resource: { ...resource, id } });
    }
    if (found.length >= RECORD_RESOURCES_MAX) break;
  }
  return found;
}

/** What the person's pages may know of the consents that the MedMij room keeps. */
function appConsents(rooms: OwnRooms): AppConsents {
  const { database, clock } = rooms;
  const services = () =>
    [...readGegevensdiensten().values()].map(({ id, text, searchTypes, function: does }) => ({
      ...{ id, text, isSent: does === 'delen' },
      types: new Set([...searchTypes].map(r4TypeOf)),
    }));
  return {
    of: async (vault) => {
      const [all, running] = await Promise.all([
        toestemmingenOf(database, vault),
        activeSubscriptions(database, vault, clock()),
      ]);
      const ends = new Map(running.map((one) => [one.consent, one.ends]));
      return all.map((one) => ({
        ...appConsent(one, clock()),
        notifiesUntil: ends.get(one.id),
      }));
    },
    end: (vault, id, at, line) => endAppConsent(rooms, vault, { id, at, line }),
    services,
    serviceText: (id) => readGegevensdiensten().get(id)?.text,
  };
}

/**
 * With its line in one commit. The holder that an app fetched from hears that choices changed, when
 * it wants to know.
 */
async function endAppConsent(
  { database, ledger, consent: { notices } }: OwnRooms,
  vault: string,
  { id, at, line }: { readonly id: string; readonly at: Date; readonly line: LedgerEvent },
): Promise<boolean> {
  const one = (await toestemmingenOf(database, vault)).find((given) => given.id === id);
  const { isEnded, pending } = await database.transaction(async (tx) => {
    const isEnded = await endToestemming(tx, vault, id, at);
    if (!isEnded || !one) return { isEnded, pending: [] };
    const told = (await notices?.noteEnd(tx, vault, { holder: one.aanbieder, at })) ?? [];
    return { isEnded, pending: await ledger.writeAll(tx, [...told, line]) };
  });
  if (pending.length > 0) await ledger.numbered(pending);
  notices?.soon();
  return isEnded;
}

function appConsent(one: Toestemming, at: Date): Omit<AppConsent, 'notifiesUntil'> {
  const lapses = one.longLived ? lapsesAt(one) : undefined;
  const soonMs = SOON_DAYS * 86_400_000;
  const left = lapses === undefined ? Number.POSITIVE_INFINITY : lapses.getTime() - at.getTime();
  const lapsesSoon = one.ended === null && left > 0 && left <= soonMs;
  return { ...one, isGivenByOther: one.givenBy !== null, lapses, lapsesSoon };
}

/** The person, on the own pages. */
function ownAccess(): AccessRequest {
  const id = randomUUID();
  return {
    id,
    correlationId: id,
    door: 'web',
    client: 'web',
    address: '',
    actor: { kind: 'person' },
    purpose: 'PATRQT',
    // These pages open only when nothing is to be hidden from who looks at them.
    quietLifted: true,
    tokenId: id,
  };
}
