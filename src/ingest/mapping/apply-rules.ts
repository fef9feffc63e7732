/**
 * The interpreter of the rule tables: one source tree in, resources and an account of every value
 * out. Pure: the same tree and overlay give the same resources with the same identities.
 *
 * It is a long file on purpose: a rule makes fields, a field makes parts and templates, and those
 * are rules again, so no part of it can be read without the others.
 */
import { isTakenBack, type Resource } from '../../conformance/index.ts';
import type { MappingIssue, SenderOverlay } from '../format.ts';
import { type Accounting, type Mark, openAccounting } from './accounting.ts';
import type { ConvertContext } from './converter.ts';
import { hl7Time } from './date-time.ts';
import { contentKey, stableUrn } from './identity.ts';
import { eachIgnored, type IgnoredPlaces } from './ignored-places.ts';
import { type Below, fillReferences, Later, type Made, register } from './later-reference.ts';
import type { SourcePath } from './path-grammar.ts';
import type { Field, Rule, RuleSet } from './rule-table.ts';
import {
  type Cursor,
  EXPLICITLY_EMPTY,
  rootCursor,
  type SourceNode,
  textNode,
} from './source-node.ts';
import { select, textAt } from './source-path.ts';
import { copyOf, extensionOf, isSet, listAt, setAt, type Target, Typed } from './target.ts';

export interface Applied {
  readonly made: readonly Made[];
  readonly issues: readonly MappingIssue[];
}

interface Run {
  readonly rules: RuleSet;
  readonly overlay: SenderOverlay;
  readonly received: Date | undefined;
  readonly off: ReadonlySet<string>;
  readonly accounting: Accounting;
  readonly made: Made[];
  readonly byKey: Map<string, Made>;
  /** Last number given to a key that came more than once. */
  readonly numbers: Map<string, number>;
  /** What was made from a node or below it, by rule. */
  readonly below: Below;
}

/** What one resource under construction has taken; counted only when the resource comes to be. */
interface Frame {
  readonly rule: Rule;
  readonly marks: Mark[];
  readonly label: string;
  readonly isPart: boolean;
}

/** Templates that make templates: deeper than this is a loop in the tables. */
const TEMPLATE_DEPTH_MAX = 12;

/** @throws Error only for a fault in the tables. */
export function applyRules(
  rules: RuleSet,
  root: SourceNode,
  overlay: SenderOverlay,
  received?: Date,
): Applied {
  const accounting = openAccounting();
  const off = new Set(overlay.off);
  const run: Run = {
    rules,
    overlay,
    received,
    off,
    accounting,
    made: [],
    byKey: new Map(),
    numbers: new Map(),
    below: new Map(),
  };
  const top = rootCursor(root);
  for (const rule of rules.rules) runRule(run, rule, top);
  ignore(run, rules.ignored, top);
  for (const one of run.made) fillReferences(run.below, one.resource);
  return { made: run.made, issues: accounting.close(root) };
}

function runRule(run: Run, rule: Rule, context: Cursor): void {
  if (run.off.has(rule.id)) return;
  for (const cursor of nodesOf(rule.each, context)) {
    if (rule.when && !rule.when(cursor)) continue;
    if (rule.resource !== undefined) make(run, rule, cursor, 0);
    else readSteering(run, rule, cursor);
    for (const inner of rule.rules) runRule(run, inner, cursor);
    ignore(run, rule.ignored, cursor);
  }
}

function nodesOf(paths: readonly SourcePath[], context: Cursor): readonly Cursor[] {
  const [first] = paths;
  if (first === undefined) return [context];
  if (paths.length === 1) return select(context, first);
  return paths.flatMap((path) => select(context, path));
}

/** What the first path finds that finds anything: the paths of a reference are alternatives. */
function firstFound(paths: readonly SourcePath[], context: Cursor): readonly Cursor[] {
  if (paths.length === 0) return [context];
  for (const path of paths) {
    const found = select(context, path);
    if (found.length > 0) return found;
  }
  return [];
}

function ignore(run: Run, places: IgnoredPlaces, context: Cursor): void {
  if (places.entries.length === 0) return;
  eachIgnored(places, context, (entry, node) => {
    if (run.off.has(entry.id) || (entry.when && !entry.when(context))) return;
    run.accounting.ignored(node, entry.id, entry.because);
  });
}

function readSteering(run: Run, rule: Rule, cursor: Cursor): void {
  for (const found of rule.reads.length > 0 ? nodesOf(rule.reads, cursor) : []) {
    const leaf = textNode(found.node);
    if (leaf) run.accounting.mapped({ leaf, rule: rule.id, target: 'decides which rule applies' });
  }
}

function make(run: Run, rule: Rule, cursor: Cursor, depth: number): Made | undefined {
  if (depth > TEMPLATE_DEPTH_MAX) throw new Error(`Template ${rule.id} makes itself.`);
  const type = rule.resource ?? '';
  const frame: Frame = { rule, marks: [], label: type, isPart: false };
  const resource: Resource = { resourceType: type };
  if (rule.profile.length > 0) resource.meta = { profile: [...rule.profile] };
  const filled = runFields(run, frame, rule.fields, cursor, resource, depth);
  if (filled === 'incomplete' || filled === 0) return undefined;
  for (const mark of frame.marks) run.accounting.mapped(mark);
  readSteering(run, rule, cursor);
  if (depth > 0) ignore(run, rule.ignored, cursor);
  const time = timeOf(run, rule, cursor);
  const key = keyOf(rule, cursor) ?? contentKey(resource);
  return keep(run, rule, cursor, resource, key, time);
}

/** The first time on the rule's paths that can be read. */
function timeOf(run: Run, rule: Rule, cursor: Cursor): string | undefined {
  for (const path of rule.time) {
    const text = textAt(cursor, path);
    const time = text === undefined ? undefined : hl7Time(text, run.overlay.zone);
    if (typeof time === 'object') return time.value;
  }
  return undefined;
}

function keyOf(rule: Rule, cursor: Cursor): string | undefined {
  for (const parts of rule.keys) {
    const texts = parts.map((part) =>
      part.path ? (textAt(cursor, part.path) ?? (part.optional ? '' : undefined)) : part.literal,
    );
    const whole = texts.map((text, at) => text ?? (UUID.test(texts[at - 1] ?? '') ? '' : text));
    if (whole.every((text) => text !== undefined)) return whole.join('|');
  }
  return undefined;
}

/** A number that is one everywhere has no second part, and is still the number of the thing. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function keep(
  run: Run,
  rule: Rule,
  from: Cursor,
  resource: Resource,
  wanted: string,
  time: string | undefined,
): Made {
  const identity = (key: string) => `${resource.resourceType}|${rule.id}|${key}`;
  let key = wanted;
  const same = run.byKey.get(identity(key));
  if (same && rule.same === 'merge') {
    addMissing(same.resource, resource);
    return same;
  }
  if (same && rule.same === 'latest') {
    if (supersedes(same, resource, time)) replaceWith(same, resource, time);
    return same;
  }
  // Said twice in one message, word for word: it is one fact.
  if (same && JSON.stringify(same.resource) === JSON.stringify(resource)) return same;
  while (run.byKey.has(identity(key))) {
    const number = (run.numbers.get(identity(wanted)) ?? 1) + 1;
    run.numbers.set(identity(wanted), number);
    key = `${wanted}#${number}`;
  }
  if (same) {
    run.accounting.issue({
      kind: 'rule',
      severity: 'warning',
      code: 'identity-twice',
      text: `Two ${resource.resourceType} with one identity; told apart by their order.`,
      place: from.node.place,
      rule: rule.id,
    });
  }
  const made: Made = {
    key: identity(key),
    resource,
    fullUrl: stableUrn(run.overlay.id, resource.resourceType, identity(key)),
    version: rule.version,
    rule: rule.id,
    from,
    ...(rule.partial ? { partial: true } : {}),
    ...(time === undefined ? {} : { sourceTime: time }),
  };
  run.byKey.set(made.key, made);
  run.made.push(made);
  register(run.below, made);
  return made;
}

/** What was withdrawn stays withdrawn; else the later one holds, by its time or its place. */
function supersedes(same: Made, resource: Resource, time: string | undefined): boolean {
  if (isTakenBack(same.resource)) return false;
  if (isTakenBack(resource)) return true;
  const { sourceTime } = same;
  return time === undefined || sourceTime === undefined || time >= sourceTime;
}

function replaceWith(same: Made, resource: Resource, time: string | undefined): void {
  const content: Target = same.resource;
  for (const name of Object.keys(content)) delete content[name];
  Object.assign(content, resource);
  if (time !== undefined) Object.assign(same, { sourceTime: time });
}

function addMissing(to: Target, from: Target): void {
  for (const [name, value] of Object.entries(from)) to[name] ??= value;
}

/** How many fields took something from the source; `incomplete` when a required one has nothing. */
function runFields(
  run: Run,
  frame: Frame,
  fields: readonly Field[],
  cursor: Cursor,
  target: Target,
  depth: number,
): number | 'incomplete' {
  let filled = 0;
  for (const field of fields) {
    if (run.off.has(field.id) || (field.when && !field.when(cursor))) continue;
    if (!field.append && field.to && isSet(target, field.to)) continue;
    const taken = runField(run, frame, field, cursor, target, depth);
    filled += taken;
    if (field.required && taken === 0 && field.fallback === undefined) {
      if (cursor.node.value === EXPLICITLY_EMPTY) return 'incomplete';
      run.accounting.issue({
        kind: 'rule',
        severity: 'warning',
        code: 'required-missing',
        text: `${field.label} has no value, so this was not made.`,
        place: cursor.node.place,
        rule: field.id,
      });
      return 'incomplete';
    }
  }
  return filled;
}

function runField(
  run: Run,
  frame: Frame,
  field: Field,
  cursor: Cursor,
  target: Target,
  depth: number,
): number {
  if (field.value !== undefined) {
    put(field, target, copyOf(field.value));
    return 0;
  }
  if (field.ref.length > 0) {
    const near = firstFound(field.from, cursor);
    const bare = field.type === 'url';
    if (near.length === 0) return 0;
    for (const one of field.append ? near : near.slice(0, 1)) {
      put(field, target, new Later(field.ref, one, field.from.length > 0, bare));
    }
    // A resource of nothing but references says nothing; a part of one may be just that.
    return frame.isPart ? 1 : 0;
  }
  let taken = 0;
  for (const found of nodesOf(field.from, cursor)) {
    const value = fieldValue(run, frame, field, found, cursor, depth);
    if (value === undefined) continue;
    put(field, target, value);
    taken++;
    if (!field.append) break;
  }
  if (taken === 0 && frame.rule.partial) removeStored(run, field, cursor, target);
  if (taken === 0 && field.fallback !== undefined) put(field, target, copyOf(field.fallback));
  return taken;
}

/**
 * `""` asks to delete: the element is there but undefined, which takes it out of the stored one.
 */
function removeStored(run: Run, field: Field, cursor: Cursor, target: Target): void {
  const [step, deeper] = field.to ?? [];
  if (!step || deeper || field.extension !== undefined || step.name in target) return;
  for (const found of nodesOf(field.from, cursor)) {
    if (found.node.value !== EXPLICITLY_EMPTY) continue;
    target[step.name] = undefined;
    run.accounting.mapped({ leaf: found.node, rule: field.id, target: `removes ${field.label}` });
  }
}

function put(field: Field, target: Target, value: unknown): void {
  const type = value instanceof Later || field.make !== undefined ? 'Reference' : field.type;
  if (field.extension === undefined) {
    if (field.to) setAt(target, field.to, value, type);
    return;
  }
  const name = field.modifier ? 'modifierExtension' : 'extension';
  const list = listAt(target, name);
  const nested = field.fields.length > 0 && !(value instanceof Typed);
  // An extension has one value: what gives several gives several extensions.
  for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
    list.push(
      nested
        ? { url: field.extension, ...(one as Target) }
        : extensionOf(field.extension, one, type),
    );
  }
}

function fieldValue(
  run: Run,
  frame: Frame,
  field: Field,
  found: Cursor,
  rule: Cursor,
  depth: number,
): unknown {
  if (field.make !== undefined) {
    const template = run.rules.templates.get(field.make);
    if (!template || run.off.has(template.id)) return undefined;
    if (template.when && !template.when(found)) return undefined;
    const made = make(run, template, found, depth + 1);
    // A reference names its type in R4 only.
    const type = frame.rule.version === 'R4' ? { type: made?.resource.resourceType } : {};
    return made && { reference: made.fullUrl, ...type };
  }
  const marks: Mark[] = [];
  if (field.fields.length > 0) {
    const inner: Target = {};
    const innerFrame: Frame = { ...frame, marks, isPart: true };
    const filled = runFields(run, innerFrame, field.fields, found, inner, depth);
    if (filled === 'incomplete' || filled === 0) return undefined;
    frame.marks.push(...marks);
    return inner;
  }
  if (!field.as) return plainText(frame, field, found.node);
  const value = field.as.convert(found.node, convertContext(run, field, rule, marks));
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  frame.marks.push(...marks);
  return value;
}

/** As `take` reads it, without all that a converter may ask. */
function plainText(frame: Frame, { id, label }: Field, node: SourceNode): string | undefined {
  const leaf = textNode(node);
  const text = leaf?.value;
  if (!leaf || text === undefined || text === '' || text === EXPLICITLY_EMPTY) return undefined;
  frame.marks.push({ leaf, rule: id, target: label });
  return text;
}

function convertContext(run: Run, field: Field, cursor: Cursor, marks: Mark[]): ConvertContext {
  const args: Record<string, SourceNode | undefined> = {};
  for (const [name, path] of field.with) args[name] = select(cursor, path)[0]?.node;
  return {
    overlay: run.overlay,
    received: run.received,
    table: field.through,
    options: field.options,
    args,
    tableNamed(name) {
      const table = run.rules.codes.get(name);
      if (!table) throw new Error(`There is no code table ${name}.`);
      return table;
    },
    all(name) {
      const path = field.with.get(name);
      return path ? select(cursor, path).map((one) => one.node) : [];
    },
    use(...leaves) {
      for (const leaf of leaves) {
        if (leaf) marks.push({ leaf, rule: field.id, target: field.label });
      }
    },
    reject(node, code, text) {
      run.accounting.rejected(textNode(node) ?? node, field.id, code, text);
    },
    leaveOut(subtree, because) {
      run.accounting.ignored(subtree, field.id, because);
    },
    note(node, code, text) {
      const { place } = node;
      run.accounting.issue({
        kind: 'rule',
        severity: 'warning',
        code,
        text,
        place,
        rule: field.id,
      });
    },
  };
}
