/**
 * Compiled decisions, used again for a moment. A grant serves again only for the very same inputs:
 * the same choices, parties and policy as objects, and an equal request. Time alone can change a
 * decision too, so none is used beyond its own boundary, nor longer than a second.
 */
import { type AccessRequest, compileGrant, type Grant } from '../permission/index.ts';
import { carriedOut } from './carried-out.ts';

type Inputs = Parameters<typeof compileGrant>[0];

const COMPILED_LIMITS = {
  grantsMax: 5_000,
  /** An embargo that ends meanwhile is still kept for so long: late, never early. */
  usedAgainMsMax: 1_000,
} as const satisfies Record<string, number>;

interface Compiled {
  readonly inputs: Inputs;
  readonly grant: Grant;
  readonly until: number;
}

export function createCompiledGrants(): (vault: string, inputs: Inputs) => Grant {
  let young = new Map<string, Compiled>();
  let old = new Map<string, Compiled>();
  let since = 0;

  return (vault, inputs) => {
    const name = `${vault}|${asked(inputs.request)}`;
    const known = young.get(name) ?? old.get(name);
    const now = inputs.at.getTime();
    if (known && isFor(known, inputs, now)) return known.grant;
    const grant = carriedOut(compileGrant(inputs), inputs.request);
    const boundary = grant.validUntil === undefined ? Infinity : Date.parse(grant.validUntil);
    const until = Math.min(boundary, now + COMPILED_LIMITS.usedAgainMsMax);
    const { grantsMax, usedAgainMsMax } = COMPILED_LIMITS;
    // What may serve no more is let go, and with it the choices and relations of an epoch gone by.
    if (young.size >= grantsMax || Math.abs(now - since) > usedAgainMsMax) {
      old = young;
      young = new Map();
      since = now;
    }
    young.set(name, { inputs, grant, until });
    return grant;
  };
}

/** All of the request that may count; not which of many it is, or where it came from. */
function asked(request: AccessRequest): string {
  const { id: _id, correlationId: _follows, address: _address, ...others } = request;
  const { tokenId: _token, toestemming: _consent, ...rest } = others;
  return JSON.stringify(rest);
}

function isFor({ inputs, until }: Compiled, asks: Inputs, now: number): boolean {
  if (now < inputs.at.getTime() || now >= until) return false;
  return holdsAllOf(inputs, asks) && holdsAllOf(asks, inputs);
}

function holdsAllOf(one: Inputs, other: Inputs): boolean {
  for (const name in other) {
    if (name === 'at' || name === 'request') continue;
    if (one[name as keyof Inputs] !== other[name as keyof Inputs]) return false;
  }
  return true;
}
