/**
 * What a change of choices would do, before it is saved: the same decision, made for every
 * organisation under the old and under the new rules. "3 organisaties verliezen 14 onderdelen."
 */
import {
  type AccessRequest,
  type CareRelation,
  type ConsentRule,
  compileGrant,
  type DecisionInputs,
  isPartOfAnother,
  type Party,
  type PatientFacts,
  type Policy,
  type Purpose,
  type ResourceFacts,
  refuseRequest,
} from '../permission/index.ts';
import { asRegisterSays } from './mitz/as-register-says.ts';

export interface PreviewInputs {
  readonly before: readonly ConsentRule[];
  readonly after: readonly ConsentRule[];
  /** Facts of every resource in the vault. */
  readonly facts: readonly ResourceFacts[];
  /** Organisations that hold records and that may ask, by id. */
  readonly parties: ReadonlyMap<string, Party>;
  readonly patient: PatientFacts;
  readonly policy: Policy;
  readonly at: Date;
  readonly relations?: readonly CareRelation[];
  /** A national register is asked at the door. */
  readonly asksRegister?: boolean;
  /** By default for treatment. */
  readonly purpose?: Purpose;
}

/** One side of the change: organisations, and items counted once however many see them. */
export interface PreviewCount {
  readonly organisations: number;
  readonly items: number;
}

/** Somebody whom a choice names: what this one sees, wherever this one works. */
export interface PreviewPerson {
  readonly person: string;
  readonly loses: number;
  readonly gains: number;
  readonly keeps: number;
}

export interface Preview {
  /** Only those for whom something changes. */
  readonly persons: readonly PreviewPerson[];
  readonly loses: PreviewCount;
  readonly gains: PreviewCount;
  /** Only organisations for which something changes; items as `Type/id`. */
  readonly changes: readonly {
    readonly organisation: string;
    readonly loses: readonly string[];
    readonly gains: readonly string[];
    readonly keeps: number;
  }[];
}

/**
 * Counts what a partner of each organisation could read; the person and the senders always keep.
 */
export function previewChange(inputs: PreviewInputs): Preview {
  const changes: Preview['changes'][number][] = [];
  const lost = new Set<string>();
  const gained = new Set<string>();
  // That a person is known somewhere follows from the rest: only the record itself is counted,
  // and the bytes of a letter go with the letter: it is one item, as on the person's own list.
  const items = inputs.facts.filter((one) => one.category !== 'none' && !isPartOfAnother(one));
  for (const recipient of inputs.parties.values()) {
    const before = visibleTo(inputs, recipient, inputs.before, items);
    const after = visibleTo(inputs, recipient, inputs.after, items);
    const loses = [...before.difference(after)];
    const gains = [...after.difference(before)];
    if (loses.length === 0 && gains.length === 0) continue;
    for (const item of loses) lost.add(keyOf(item));
    for (const item of gains) gained.add(keyOf(item));
    changes.push({
      organisation: recipient.id,
      loses: loses.map(nameOf),
      gains: gains.map(nameOf),
      keeps: before.intersection(after).size,
    });
  }
  return {
    persons: personsOf(inputs, items),
    loses: countOf(changes, 'loses', lost),
    gains: countOf(changes, 'gains', gained),
    changes,
  };
}

const PERSONS_MAX = 20;

function personsOf(inputs: PreviewInputs, items: readonly ResourceFacts[]): PreviewPerson[] {
  const named = [...inputs.before, ...inputs.after].flatMap(({ recipient }) =>
    recipient.level === 'person' ? [recipient.value] : [],
  );
  return [...new Set(named)].slice(0, PERSONS_MAX).flatMap((person) => {
    const seenBy = (rules: readonly ConsentRule[]) => {
      const all = [...inputs.parties.values()].map((party) =>
        visibleTo(inputs, party, rules, items, person),
      );
      return new Set(all.flatMap((seen) => [...seen]));
    };
    const [before, after] = [seenBy(inputs.before), seenBy(inputs.after)];
    const loses = before.difference(after).size;
    const gains = after.difference(before).size;
    const keeps = before.intersection(after).size;
    return loses + gains === 0 ? [] : [{ person, loses, gains, keeps }];
  });
}

/** What one organisation would get now: the "look along as …" of the person's pages. */
export function visibleTo(
  inputs: Omit<PreviewInputs, 'before' | 'after'>,
  recipient: Party,
  rules: readonly ConsentRule[],
  items: readonly ResourceFacts[] = inputs.facts,
  person?: string,
): Set<ResourceFacts> {
  const plain: DecisionInputs = {
    request: askAs(recipient, inputs.purpose ?? 'TREAT', person),
    at: inputs.at,
    epoch: 0,
    patient: inputs.patient,
    rules,
    holders: inputs.parties,
    policy: inputs.policy,
    ...(inputs.relations ? { relations: inputs.relations } : {}),
  };
  const decision = inputs.asksRegister ? asRegisterSays(plain) : plain;
  if (refuseRequest(decision)) return new Set();
  const grant = compileGrant(decision);
  return new Set(items.filter((facts) => grant.covers(facts).permit));
}

function askAs(organisation: Party, purpose: Purpose, person?: string): AccessRequest {
  return {
    id: 'preview',
    correlationId: 'preview',
    door: 'web',
    client: 'preview',
    address: '',
    tokenId: 'preview',
    actor: {
      ...{ kind: 'professional', organisation },
      ...(person === undefined ? {} : { person }),
    },
    purpose,
  };
}

function keyOf({ custodian, type, id }: ResourceFacts): string {
  return `${custodian}|${type}/${id}`;
}

function nameOf({ type, id }: ResourceFacts): string {
  return `${type}/${id}`;
}

function countOf(
  changes: Preview['changes'],
  side: 'loses' | 'gains',
  items: ReadonlySet<string>,
): PreviewCount {
  return {
    organisations: changes.filter((change) => change[side].length > 0).length,
    items: items.size,
  };
}
