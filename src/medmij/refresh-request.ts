/**
 * A refresh token for the next pair: without the person and without a log-in, so what the log-in
 * found out is tested again first. medmij-protocol.md 3.5 and 8.1; RFC 6819 5.2.2.3.
 */
import type { OpenState } from '../identity/index.ts';
import type { Tx } from '../platform/database.ts';
import { consentEnd } from './consent-end.ts';
import { endFamily, issue, type Tokened, TokenFault } from './issue-tokens.ts';
import type { MedmijDoor } from './medmij-door.ts';
import type { Pgo } from './pgos.ts';
import { noLongerFits } from './still-fits.ts';
import { type EndReason, useToestemming } from './toestemming.ts';
import type { TokenGround } from './token-ground.ts';

type Outcome =
  | Tokened
  | { readonly over: TokenGround; readonly because: EndReason }
  | { readonly spent: OpenState<TokenGround> | undefined };

/** @throws TokenFault `invalid_grant`, with a word for why when it was once this client's. */
export async function byRefreshToken(
  door: MedmijDoor,
  client: Pgo,
  handle: string | undefined,
  correlationId: string,
): Promise<Tokened> {
  if (!handle) throw new TokenFault('invalid_request', 'refresh_token is required.');
  // Read before: a transaction that asks for a second line to the database, while the others wait
  // for its row with all the lines there are, holds up everybody.
  const offers = new Map((await door.organisations.all()).map((one) => [one.id, one.services]));
  const result = await door.database.transaction((tx) =>
    redeem(door, tx, { client, handle, correlationId, offers }),
  );
  if ('answer' in result) return result;
  if ('over' in result) {
    await endFamily(door, result.over, result.because);
    throw await refused(door, client, result.over);
  }
  const { spent } = result;
  if (spent?.value.next && (await isRetry(door, client, spent))) {
    const { value: ground, id: tokenId } = spent;
    const flags = ['refresh-repeated'];
    return { answer: spent.value.next, ground, tokenId, repeated: true, flags };
  }
  if (spent) await endFamily(door, spent.value, 'replayed');
  const known =
    spent ?? (await door.state.over<TokenGround>(door.database, 'refresh-token', handle));
  throw await refused(door, client, known?.value);
}

/** Services by organisation id. */
type Offers = ReadonlyMap<string, readonly string[]>;

async function redeem(
  door: MedmijDoor,
  tx: Tx,
  asked: { client: Pgo; handle: string; correlationId: string; offers: Offers },
): Promise<Outcome> {
  const { client, handle, correlationId, offers } = asked;
  const open = await door.state.take<TokenGround>(tx, 'refresh-token', handle);
  if (!open || open.value.client !== client.id) {
    return { spent: await door.state.spent<TokenGround>(tx, 'refresh-token', handle) };
  }
  const ground = { ...open.value, correlationId };
  // Of a one-time consent, to an app whose dialect is no longer let in.
  if (!ground.longLived && !door.config.mgoClients.has(client.id)) return { spent: undefined };
  if (!(await useToestemming(tx, ground.vault, ground.consent, door.clock()))) {
    return { spent: undefined };
  }
  const because = await noLongerFits(door, tx, ground);
  if (because !== undefined) return { over: ground, because };
  const tokened = await issue(door, tx, ground, [], openNow(offers, client, ground));
  await door.state.replace(tx, 'refresh-token', handle, { ...ground, next: tokened.answer });
  return tokened;
}

/**
 * What the aanbieder withdrew meanwhile, or the app may no longer ask, is left out of the scope
 * (1.5, core.authint.203); the consent keeps it, for when it is there again.
 */
function openNow(
  offers: Offers,
  client: Pgo,
  { aanbieder, services }: TokenGround,
): readonly string[] {
  const offered = offers.get(aanbieder) ?? [];
  const open = services.filter((id) => offered.includes(id) && client.mayAsk(id));
  // Thrown inside the transaction: the refresh token is not spent by it.
  if (open.length === 0) {
    throw new TokenFault('invalid_scope', 'None of the gegevensdiensten is offered now.');
  }
  return open;
}

async function refused(
  door: MedmijDoor,
  client: Pgo,
  ground: TokenGround | undefined,
): Promise<TokenFault> {
  const isOwn = ground?.client === client.id;
  const isOnce = isOwn && !ground.longLived;
  const end = isOwn ? await consentEnd(door.database, ground, door.clock()) : undefined;
  return new TokenFault(
    'invalid_grant',
    end ??
      (isOnce ? 'consent-expired' : 'The refresh token is unknown, used, expired or withdrawn.'),
    ground ? { vault: ground.vault } : {},
  );
}

/** The same client again, so soon that its first answer may have been lost, and still welcome. */
async function isRetry(
  door: MedmijDoor,
  client: Pgo,
  { value, expires: ended }: OpenState<TokenGround>,
): Promise<boolean> {
  const age = door.clock().getTime() - ended.getTime();
  const { refreshRetrySeconds: seconds } = door.config;
  if (value.client !== client.id || seconds === 0 || age > seconds * 1000) return false;
  return useToestemming(door.database, value.vault, value.consent, door.clock());
}
