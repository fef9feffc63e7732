/**
 * The evidence for somebody who acts for a person: a mandate of our own pages, or at an app what
 * the log-in established, as the broker told it; of a curator or mentor what a provider has on
 * record. A provider's block stands beside whichever it is. consent.md 10.2.
 */
import type { AccessRequest, Representation } from '../permission/index.ts';
import type { Mandates } from './mandates.ts';
import type { Representatives } from './representatives.ts';

/** What a log-in with representation established: DigiD Machtigen, or custody from the BRP. */
const AT_LOG_IN: Readonly<Record<string, Representation>> = {
  voluntary: { rel: 'proxy', scope: 'read' },
  parental: { rel: 'parent', custody: true },
};

/** Authority of who logged in with custody of a child. */
export const PARENTAL = 'parental';

/** @returns a function that finds the evidence; undefined where there is none. */
export function representationOf(
  mandates: Pick<Mandates, 'representation' | 'childAgrees'>,
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
    if (door === 'medmij' && Object.hasOwn(AT_LOG_IN, actor.authority)) {
      return AT_LOG_IN[actor.authority];
    }
    // The own pages know of custody from the same log-in; from 12 on the child has to agree too.
    if (door === 'web' && actor.authority === PARENTAL) {
      const childAgrees = await mandates.childAgrees(vault, actor.subject, epoch);
      return { rel: 'parent', custody: true, childAgrees };
    }
    return mandates.representation(access, vault, epoch);
  }
}
