/**
 * What an aanbieder offers to PGO apps here: as published in the ZAL when that list is used, else
 * as our own directory says. medmij-protocol.md 2.3 (8 to 10) and 5.2.
 */
import type { Organisation } from '../identity/index.ts';
import type { Lists } from './lists/lists.ts';
import type { ZalService } from './lists/read-list.ts';

export interface Offer {
  /** Whether this endpoint is where a PGO should come for this aanbieder. */
  isServed(aanbieder: Organisation): boolean;
  /** GegevensdienstIds as published. */
  servicesOf(aanbieder: Organisation): readonly string[];
  /** Longest subscription in days; undefined when none is offered for the service. */
  subscriptionDays(aanbieder: Organisation, service: string): number | undefined;
}

export function createOffer(
  lists: Lists,
  settings: {
    publicUrl: string;
    subscriptionDaysMax: number;
    interfaceVersions: readonly string[];
  },
): Offer {
  const here = `${settings.publicUrl}/medmij/authorize`;
  // Release2 of the list knows no versions: what stands there is in force.
  const isInForce = ({ interfaceVersion }: ZalService) =>
    interfaceVersion === undefined || settings.interfaceVersions.includes(interfaceVersion);
  const published = (aanbieder: Organisation): readonly ZalService[] | undefined => {
    const list = lists.isOn ? lists.current('Zorgaanbiederslijst') : undefined;
    return list?.services.filter(
      (one) =>
        one.aanbieder === aanbieder.aanbieder && one.authorizationUri === here && isInForce(one),
    );
  };
  return {
    isServed: (aanbieder) => published(aanbieder)?.length !== 0,
    servicesOf: (aanbieder) => [
      ...new Set(published(aanbieder)?.map(({ id }) => id) ?? aanbieder.services),
    ],
    subscriptionDays(aanbieder, service) {
      const list = published(aanbieder);
      if (!list) return settings.subscriptionDaysMax || undefined;
      const days = list
        .filter(({ id }) => id === service)
        .flatMap(({ subscription }) => subscription?.maximumDays ?? []);
      return days.length === 0 ? undefined : Math.max(...days);
    },
  };
}
