/** A yes of the person: the consent, its ledger line and the code, all of them or none. */
import type { FastifyRequest } from 'fastify';
import { newFamily } from '../identity/index.ts';
import type { AuthorizationRun } from './authorization-run.ts';
import type { RunKind } from './authorize-request.ts';
import type { MedmijDoor } from './medmij-door.ts';
import { event } from './medmij-event.ts';
import { endSubscriptions } from './subscription/subscription.ts';
import { addToestemming, endOlder } from './toestemming.ts';
import type { TokenGround } from './token-ground.ts';

type Agreed = AuthorizationRun & { readonly vault: string; readonly kind: RunKind };

/** @returns the code; what it stands for is durable and in the ledger. */
export async function giveConsent(
  door: MedmijDoor,
  request: FastifyRequest,
  run: Agreed,
  longLived: boolean,
): Promise<string> {
  const id = newFamily();
  const line = (replaced: readonly string[]) =>
    event(request, {
      event: 'toestemming',
      class: 'evidence',
      action: 'C',
      outcome: 0,
      patient: run.vault,
      representative: run.representative,
      client: run.client,
      correlationId: run.correlationId,
      holders: [run.aanbieder],
      detail: {
        services: run.services.join(' '),
        kind: run.kind,
        longLived: String(longLived),
        ...(run.days === undefined ? {} : { days: String(run.days) }),
      },
      basis: [`toestemming:${id}`, ...replaced.map((old) => `replaces:${old}`)],
    });
  const { code, pending, replaced } = await door.database.transaction(async (tx) => {
    const replaced = await keep(door, tx, run, { id, longLived });
    const code = await door.state.put(tx, groundOf(run, { id, longLived }), {
      kind: 'code',
      seconds: door.config.codeSeconds,
      family: id,
    });
    return { code, replaced, pending: await door.ledger.write(tx, line(replaced)) };
  });
  for (const old of replaced) await door.tokens.revokeFamily(door.database, old);
  await door.ledger.numbered([pending]);
  return code;
}

type Tx = Parameters<Parameters<MedmijDoor['database']['transaction']>[0]>[0];

/** @returns ids of older consents that this one takes the place of. */
async function keep(
  door: MedmijDoor,
  tx: Tx,
  run: Agreed,
  { id, longLived }: { id: string; longLived: boolean },
): Promise<readonly string[]> {
  const { vault, client, aanbieder, services, kind } = run;
  const given = door.clock();
  const givenBy = run.representative?.subject ?? null;
  const one = { vault, id, client, aanbieder, services, longLived, given, kind, givenBy };
  await addToestemming(tx, one);
  if (kind === 'verzamelen') return endOlder(tx, one, given);
  if (kind === 'abonneren' && run.days === 0) {
    const [service = ''] = services;
    await endSubscriptions(tx, { vault, client, aanbieder, service }, given);
  }
  return [];
}

function groundOf(run: Agreed, { id, longLived }: { id: string; longLived: boolean }): TokenGround {
  const { client, redirectUri, vault, aanbieder, services, correlationId, days, kind } = run;
  return {
    ...{ client, redirectUri, vault, aanbieder, services, correlationId, longLived },
    consent: id,
    kind,
    aanbiederScope: run.aanbiederScope,
    sessionId: run.sessionId,
    ...(days === undefined ? {} : { days }),
    ...(run.representative ? { representative: run.representative } : {}),
    ...(run.codeChallenge === undefined ? {} : { codeChallenge: run.codeChallenge }),
  };
}
