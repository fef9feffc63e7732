/** Parameters of the module interface: sent once, unless they may repeat; proofs by RFC 7636. */
import { createHash } from 'node:crypto';
import { TokenFault } from '../issue-tokens.ts';

export type ModuleForm = Readonly<Record<string, unknown>>;

/** @returns undefined when it was left out. @throws TokenFault `invalid_request` when repeated. */
export function once(form: ModuleForm, name: string): string | undefined {
  const value = form[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') {
    throw new TokenFault('invalid_request', `${name} must be sent once.`);
  }
  return value;
}

/** @throws TokenFault `invalid_request` when it was left out or repeated. */
export function needed(form: ModuleForm, name: string): string {
  const value = once(form, name);
  if (value === undefined) throw new TokenFault('invalid_request', `${name} is missing.`);
  return value;
}

/** @throws TokenFault `invalid_request` when it is not exactly this. */
export function fixed(form: ModuleForm, name: string, value: string): void {
  if (needed(form, name) === value) return;
  throw new TokenFault('invalid_request', `${name} must be ${value}.`);
}

/** @throws TokenFault `invalid_request` when it is no S256 challenge. */
export function challengeIn(form: ModuleForm): string {
  fixed(form, 'code_challenge_method', 'S256');
  const challenge = needed(form, 'code_challenge');
  if (/^[A-Za-z0-9_-]{43}$/.test(challenge)) return challenge;
  throw new TokenFault('invalid_request', 'code_challenge is no S256 challenge.');
}

/** RFC 7636 4.6. */
export function proves(verifier: string | undefined, challenge: string): boolean {
  return (
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url') === challenge
  );
}
