/**
 * The evidence for somebody who acts for a person: a mandate of our own pages, or at an app what
 * the log-in established, as the broker told it; of a curator or mentor what a provider has on
 * record. A provider's block stands beside whichever it is. consent.md 10.2.
 */
import { type AccessRequest, type Representation, voluntaryMandate } from '../permission/index.ts';
import type { Mandates } from './mandates.ts';
import type { Representatives } from './representatives.ts';

/** Authority of who logged in with custody of a child. */
export const PARENTAL = 'parental';

/** @returns a function that finds the evidence; undefined where there is none. */
export function representationOf(
  mandates: Pick<Mandates, 'representation' | 'agreement'>,
  representatives: Pick<Representatives, 'representation' | 'blocks'>,
) {
  return async (
    access: AccessRequest,
    vault: string,
    epoch: number,
  ): Promise<Representation | undefined> => {
    if (access.actor.kind !== 'representative') return undefined;
    const evidence =
      (await evidenceFor(access, vault, epoch)) ??
      (await representatives.representation(access, vault, epoch));
    if (!evidence) return undefined;
    const blocks = await representatives.blocks(vault, access.actor.subject, epoch);
    return blocks.length > 0 ? { ...evidence, blocks } : evidence;
  };

  async function evidenceFor(
    access: AccessRequest,
    vault: string,
    epoch: number,
  ): Promise<Representation | undefined> {
    const { actor, door } = access;
    if (actor.kind !== 'representative') return undefined;
    // At an app: custody from the BRP, or a mandate with what it names (DigiD Machtigen).
    if (door === 'medmij' && actor.authority === PARENTAL) return { rel: 'parent', custody: true };
    const mandate = door === 'medmij' ? voluntaryMandate(actor.authority) : undefined;
    if (mandate) return mandate;
    // The own pages know of custody from the same log-in; from 12 on the child has to agree too.
    if (door === 'web' && actor.authority === PARENTAL) {
      const agreement = await mandates.agreement(vault, actor.subject, epoch);
      return { rel: 'parent', custody: true, ...agreement };
    }
    return mandates.representation(access, vault, epoch);
  }
}
