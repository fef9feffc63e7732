/**
 * Step 0: the checks before consent, in their order. What fails here fails visibly, because it says
 * nothing about a patient's choice; token, client and query lists were checked at the door.
 * consent.md 5.2.
 */
import { Problem } from '../platform/problem.ts';
import { ageAt } from './age.ts';
import type { DecisionInputs } from './decision-inputs.ts';
import { recipientRegions, sharedRegions } from './region.ts';
import { isBlockedAt, refuseRepresentative } from './representation.ts';

export interface RequestRefusal {
  /** Code for the ledger, for instance `no-region-agreement`. */
  readonly reason: string;
  readonly kind: 'forbidden' | 'unprocessable';
}

type Check = (inputs: DecisionInputs) => string | undefined;

const CHECKS: readonly (readonly [Check, RequestRefusal['kind']])[] = [
  [suspension, 'forbidden'],
  [regionAgreement, 'forbidden'],
  [emergencyReason, 'unprocessable'],
  [ownAccess, 'forbidden'],
  [representative, 'forbidden'],
];

/** @returns the first check that fails, or undefined when the choices may be looked at. */
export function refuseRequest(inputs: DecisionInputs): RequestRefusal | undefined {
  for (const [check, kind] of CHECKS) {
    const reason = check(inputs);
    if (reason !== undefined) return { reason, kind };
  }
  return undefined;
}

/**
 * The refusal as it may leave: the words of a block by a provider are those of an ended authority.
 */
export function refusalProblem({ reason, kind }: RequestRefusal): Problem {
  const outward = reason === 'provider-block' ? 'authority-ended' : reason;
  return new Problem(kind, WORDS[outward] ?? 'You have no access in this capacity.', {
    code: outward,
    cause: { reason },
  });
}

const WORDS: Readonly<Record<string, string>> = {
  'no-region-agreement': 'No regional agreement covers this request.',
  'reason-required': 'Emergency access needs a reason code and a reason in words.',
};

function suspension({ request: { actor } }: DecisionInputs): string | undefined {
  const isSuspended = actor.kind === 'professional' && actor.organisation.suspended === true;
  return isSuspended ? 'partner-suspended' : undefined;
}

function regionAgreement({ request, policy, holder, holders }: DecisionInputs): string | undefined {
  if (request.actor.kind !== 'professional') return undefined;
  const recipient = request.actor.organisation;
  const party = holder === undefined ? undefined : holders.get(holder);
  const regions =
    holder === undefined
      ? recipientRegions(policy, recipient, request.purpose, request.region)
      : party
        ? sharedRegions(policy, party, recipient, request.purpose, request.region)
        : [];
  return regions.length > 0 ? undefined : 'no-region-agreement';
}

function emergencyReason({ request, policy }: DecisionInputs): string | undefined {
  if (request.purpose !== 'ETREAT' && request.emergency === undefined) return undefined;
  const { reasonCode, reason } = request.emergency ?? { reasonCode: '', reason: '' };
  const long = reason.trim().length >= policy.emergency.reasonCharactersMin;
  return reasonCode.trim() !== '' && long ? undefined : 'reason-required';
}

/**
 * At the MedMij door one is 16 or older; on our own pages 12 (medmij-protocol.md, consent.md 10).
 */
function ownAccess({ request, patient, at }: DecisionInputs): string | undefined {
  if (request.actor.kind !== 'person') return undefined;
  if (patient.deceased) return 'deceased';
  const age = ageAt(patient.birthDate, at);
  if (age === undefined) return undefined;
  if (age < 12) return 'age-under-12';
  return request.door === 'medmij' && age < 16 ? 'age-16' : undefined;
}

function representative(inputs: DecisionInputs): string | undefined {
  const { request, patient, representation, at } = inputs;
  if (request.actor.kind !== 'representative') return undefined;
  if (!representation) return 'not-digital';
  const refusal = refuseRepresentative(patient, ageAt(patient.birthDate, at), representation, at);
  if (refusal !== undefined) return refusal;
  // A request for what one organisation holds; of a whole record that part is left out.
  const only = request.aanbieder ?? inputs.holder;
  return only !== undefined && isBlockedAt(representation, only, at) ? 'provider-block' : undefined;
}
