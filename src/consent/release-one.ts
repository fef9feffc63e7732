/** One resource, or one version of it, on its way out: decided, fetched, written down. */
import { r4TypeOf } from '../conformance/index.ts';
import type { AccessRequest, Grant } from '../permission/index.ts';
import { decided, type ReleaseParts } from './decided.ts';
import { recordOf } from './locate-patient.ts';
import { currentOrMade, provenanceMade } from './provenance/current-or-made.ts';
import type { CurrentRow, FetchCurrent } from './release-current.ts';
import { disclosure } from './release-event.ts';
import { fetchOne, type ReadQuestion, verdictOn } from './release-read.ts';
import type { ReleasedResource } from './released-resource.ts';
import { hiddenFrom, released } from './released-rows.ts';
import { withdrawnAs } from './retraction/withdrawn.ts';
import { wholeOnes } from './whole-ones.ts';

type ReadParts = ReleaseParts & { readonly current: FetchCurrent };
type Where = { type: string; id: string; custodian?: string };

/** @returns undefined when it is not there or withheld: the same to whoever asks. */
export async function releaseOne(
  parts: ReadParts,
  access: AccessRequest,
  tokenVault: string | undefined,
  question: ReadQuestion,
): Promise<ReleasedResource | undefined> {
  const type = r4TypeOf(question.type);
  const name = `${question.type}/${question.id}`;
  const custodian = access.aanbieder;
  const where = { type, id: question.id, ...(custodian === undefined ? {} : { custodian }) };
  const again = tokenVault ? undefined : await readAsFound(parts, access, where, question);
  const vault = again?.vault ?? tokenVault ?? (await recordOf(parts.store, parts.database, where));
  const { grant, found } =
    again ??
    (await decided(parts, access, vault, name, async (id, grant) => {
      return question.vid === undefined
        ? currentOrMade(parts, id, grant, where, question)
        : versionOf(parts, id, grant, where, question);
    }));
  const { row, verdict, hidden } = found ?? {};
  const shown = row && verdict?.permit ? { row, verdict } : undefined;
  const refused = row && verdict && !verdict.permit;
  const withheld = refused ? [{ reason: verdict.reason, custodian: row.custodian }] : [];
  await parts.ledger.record([
    disclosure(access, vault, {
      event: question.vid === undefined ? 'read' : 'vread',
      action: 'R',
      grant,
      shown: shown ? [shown] : [],
      withheld,
      query: question.type,
    }),
  ]);
  if (!shown) return undefined;
  const answer = released(shown, question.version, hidden ?? NONE, access);
  if (question.vid !== undefined) return answer;
  return Object.assign(answer, await withdrawnAs(parts, access, grant, shown.row));
}

/**
 * What was read before is looked for in the record where it was, in one round trip: the fetch sees
 * whether its id still leads there. @returns undefined when the ordinary way has to be taken.
 */
async function readAsFound(
  parts: ReadParts,
  access: AccessRequest,
  where: Where,
  question: ReadQuestion,
) {
  const vault = question.vid === undefined ? parts.store.lastPlace(where) : undefined;
  if (vault === undefined) return undefined;
  parts.fallsOn?.(vault);
  try {
    const grant = await parts.grantFor(access, vault, parts.clock(), { lastRead: true });
    const found = await parts.current(parts, vault, grant, where, question, true);
    return found === 'moved' ? undefined : { vault, grant, found };
  } catch {
    // A refusal is decided, and written down, on what is looked up now.
    return undefined;
  }
}

const NONE: ReadonlySet<string> = new Set();

/** A version that is named, and what of it may not be seen. */
async function versionOf(
  parts: ReleaseParts,
  vault: string,
  grant: Grant,
  named: { type: string; id: string; custodian?: string },
  question: ReadQuestion,
): Promise<CurrentRow | undefined | 'moved'> {
  const one = await fetchOne(parts, vault, grant, named, question);
  if (one === undefined && named.type === 'Provenance' && question.vid === 1) {
    return provenanceMade(parts, vault, grant, named);
  }
  if (one === 'moved' || one === undefined) return one;
  const verdict = verdictOn(grant, one);
  if (!verdict.permit) return { row: one.row, verdict, hidden: NONE };
  const where = { vault, epoch: grant.epoch, asOf: one.mark };
  const shown = await wholeOnes(parts, where, [{ row: one.row, verdict }]);
  if (shown === 'moved') return shown;
  const hidden = await hiddenFrom(parts, vault, grant, shown, question.version);
  if (hidden === 'moved') return hidden;
  return { row: shown[0]?.row ?? one.row, verdict, hidden };
}
