/**
 * What decisions of one moment share: the engine, the policy, and the organisations with their
 * regions. It is kept once under its digest, so that a decision of that time can be made again.
 */
import type { Party } from './access-request.ts';
import { canonical, sha256 } from './digest.ts';
import type { Policy } from './policy.ts';

export interface DecisionContext {
  /** Version of the steps themselves. */
  readonly engine: string;
  readonly policy: Policy;
  readonly holders: ReadonlyMap<string, Party>;
}

/** Version of the steps themselves; a change that can change a decision changes this. */
export const ENGINE = 'zorgsluis-permission 5';

type Shared = Pick<DecisionContext, 'policy' | 'holders'>;

const digests = new WeakMap<object, WeakMap<object, string>>();

/** The text that is kept; its SHA-256 is the digest. */
export function contextText({ policy, holders }: Shared): string {
  return canonical({ engine: ENGINE, policy, holders });
}

/** SHA-256 (hex) of the text; remembered for as long as policy and holders live. */
export function contextDigest(shared: Shared): string {
  const known = digests.get(shared.holders)?.get(shared.policy);
  if (known !== undefined) return known;
  const digest = sha256(contextText(shared));
  const ofHolders = digests.get(shared.holders) ?? new WeakMap<object, string>();
  digests.set(shared.holders, ofHolders.set(shared.policy, digest));
  return digest;
}

/** @throws SyntaxError for what is no such text. */
export function readContext(text: string): DecisionContext {
  const { engine, policy, holders } = JSON.parse(text) as {
    engine: string;
    policy: Policy;
    holders: Readonly<Record<string, Party>>;
  };
  return { engine, policy, holders: new Map(Object.entries(holders)) };
}
