/**
 * References between the resources of one message. A rule may refer to what a later rule makes,
 * so they are filled in when all have run.
 */
import type { MappedResource } from '../format.ts';
import type { Cursor, SourceNode } from './source-node.ts';
import type { Target } from './target.ts';

export interface Made extends MappedResource {
  readonly rule: string;
  /** The node it was made from, for references that look for it. */
  readonly from: Cursor;
}

/** What was made from a node or below it, by rule. */
export type Below = Map<SourceNode, Map<string, Made[]>>;

/** A reference to resources that other rules make; filled in when all rules have run. */
export class Later {
  readonly rules: readonly string[];
  readonly near: Cursor;
  /** Only what was made from this node or below it. */
  readonly inside: boolean;
  /** As a bare url, for an attachment. */
  readonly bare: boolean;
  constructor(rules: readonly string[], near: Cursor, inside: boolean, bare: boolean) {
    this.rules = rules;
    this.near = near;
    this.inside = inside;
    this.bare = bare;
  }
  toJSON(): unknown {
    return { rules: this.rules, near: this.near.node.place };
  }
}

/** Found again from every node on its way up, so that a reference is one look-up. */
export function register(below: Below, made: Made): void {
  for (let at: Cursor | undefined = made.from; at !== undefined; at = at.up) {
    const byRule = below.get(at.node) ?? new Map<string, Made[]>();
    if (byRule.size === 0) below.set(at.node, byRule);
    const list = byRule.get(made.rule);
    if (list === undefined) byRule.set(made.rule, [made]);
    else list.push(made);
  }
}

/** Replaces every `Later` by the references it stands for; by nothing when there are none. */
export function fillReferences(below: Below, holder: unknown): void {
  if (typeof holder !== 'object' || holder === null || Object.isFrozen(holder)) return;
  if (Array.isArray(holder)) {
    if (holder.some((item) => item instanceof Later)) {
      const filled = holder.flatMap((item) =>
        item instanceof Later ? referencesOf(below, item) : [item],
      );
      holder.splice(0, holder.length, ...filled);
    }
    for (const item of holder) if (typeof item === 'object') fillReferences(below, item);
    return;
  }
  const object = holder as Target;
  for (const name in object) {
    const value = object[name];
    if (typeof value !== 'object' || value === null) continue;
    if (value instanceof Later) {
      const [reference] = referencesOf(below, value);
      if (reference) object[name] = reference;
      else delete object[name];
    } else {
      fillReferences(below, value);
      // A part of nothing but references that lead nowhere says nothing.
      if (isEmpty(value)) delete object[name];
    }
  }
}

function isEmpty(value: object): boolean {
  for (const _name in value) return false;
  return true;
}

/**
 * The nearest ones: what was made from this node or below it; else from its parent or below; and
 * so on up to the whole message.
 */
function referencesOf(below: Below, later: Later): unknown[] {
  for (let at: Cursor | undefined = later.near; at !== undefined; at = at.up) {
    const byRule = below.get(at.node);
    const near = later.rules.flatMap((rule) => byRule?.get(rule) ?? []);
    if (near.length > 0) {
      return near.map((made) =>
        later.bare ? made.fullUrl : { reference: made.fullUrl, type: made.resource.resourceType },
      );
    }
    if (later.inside) return [];
  }
  return [];
}
