/**
 * Writing into the FHIR resource that a rule builds: `code`, `hospitalization.origin`, `name[]`,
 * `value[x]`.
 */

/** A FHIR value that knows its type, for `value[x]` and extensions. */
export class Typed {
  readonly type: string;
  readonly value: unknown;
  constructor(type: string, value: unknown) {
    this.type = type;
    this.value = value;
  }
}

/** A primitive with extensions, which JSON keeps in a twin property (`_birthDate`). */
export class Primitive {
  readonly value: unknown;
  readonly extension: readonly unknown[];
  constructor(value: unknown, extension: readonly unknown[]) {
    this.value = value;
    this.extension = extension;
  }
}

export type Target = Record<string, unknown>;

interface Step {
  readonly name: string;
  /** Where JSON keeps what a primitive of this name carries besides. */
  readonly twin: string;
  readonly append: boolean;
  readonly choice: boolean;
}

export type TargetPath = readonly Step[];

/**
 * `.` is the object itself: what is put there is laid into it.
 * @throws SyntaxError for anything but names, `[]` and a final `[x]`, joined by points.
 */
export function compileTarget(text: string): TargetPath {
  if (text === '.') return [];
  return text.split('.').map((part, index, parts) => {
    const match = /^(_?[a-zA-Z][A-Za-z0-9]*)(\[\]|\[x\])?$/.exec(part);
    if (!match || (match[2] === '[x]' && index < parts.length - 1)) {
      throw new SyntaxError(`Not a target path: ${text}`);
    }
    const name = match[1] ?? '';
    return { name, twin: `_${name}`, append: match[2] === '[]', choice: match[2] === '[x]' };
  });
}

/**
 * True when something stands there already, so that an earlier field wins. Appending never
 * collides.
 */
export function isSet(target: Target, path: TargetPath): boolean {
  if (path.length === 0) return false;
  let at: unknown = target;
  for (const step of path) {
    if (step.append) return false;
    if (typeof at !== 'object' || at === null) return false;
    const holder = at as Target;
    if (step.choice) return hasChoice(holder, step.name);
    if (holder[step.name] === undefined && holder[step.twin] === undefined) return false;
    at = holder[step.name];
  }
  return true;
}

function hasChoice(holder: Target, name: string): boolean {
  for (const key in holder) {
    if (key.startsWith(name) && isCapital(key.charCodeAt(name.length))) return true;
  }
  return false;
}

const isCapital = (code: number): boolean => code >= 65 && code <= 90;

/** A copy of plain JSON, for values that the tables hold and a resource may add to. */
export function copyOf<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  const copy: Target = {};
  for (const name in value) copy[name] = copyOf(value[name]);
  return copy as Value;
}

/** Puts a value where the path says, making what is missing on the way. */
export function setAt(target: Target, path: TargetPath, value: unknown, type: string): void {
  let at = target;
  const last = path[path.length - 1];
  if (last === undefined) {
    Object.assign(target, value);
    return;
  }
  for (let depth = 0; depth < path.length - 1; depth++) at = enter(at, path[depth] as Step);
  const plain = value instanceof Typed ? value.value : value;
  if (last.choice) {
    setPrimitive(at, choiceName(last.name, value instanceof Typed ? value.type : type), plain);
  } else if (last.append) append(at, last.name, plain);
  else setPrimitive(at, last.name, plain);
}

export const choiceName = (name: string, type: string) =>
  `${name}${type.slice(0, 1).toUpperCase()}${type.slice(1)}`;

function enter(at: Target, step: Step): Target {
  if (!step.append) {
    at[step.name] ??= {};
    return at[step.name] as Target;
  }
  const list = listAt(at, step.name) as Target[];
  const last = list[list.length - 1] ?? {};
  if (list.length === 0) list.push(last);
  return last;
}

/** The list under a name, made when there is none. */
export function listAt(at: Target, name: string): unknown[] {
  at[name] ??= [];
  return at[name] as unknown[];
}

function append(at: Target, name: string, value: unknown): void {
  const list = listAt(at, name);
  if (value instanceof Primitive) {
    at[`_${name}`] ??= list.map(() => null);
    const twins = listAt(at, `_${name}`);
    list.push(value.value ?? null);
    twins.push({ extension: value.extension });
    return;
  }
  // What comes as a list is counted: one tablet and one tablet are two.
  const all: unknown[] = Array.isArray(value) ? value : [value];
  const fresh = all.filter((one) => isNew(list, one));
  list.push(...fresh);
  for (const one of fresh) held.get(list)?.add(JSON.stringify(one));
  const twins = at[`_${name}`];
  if (Array.isArray(twins)) twins.push(...fresh.map(() => null));
}

const held = new WeakMap<unknown[], Set<string>>();

/** A sender that says a number twice (ORC-2 and OBR-2) said it once. */
function isNew(list: unknown[], one: unknown): boolean {
  if (list.length === 0) return true;
  if (list.length === 1) return !isSame(list[0], one);
  const texts = held.get(list) ?? new Set(list.map((other) => JSON.stringify(other)));
  held.set(list, texts);
  return !texts.has(JSON.stringify(one));
}

const isSame = (a: unknown, b: unknown): boolean =>
  typeof a === 'object' && a !== null ? JSON.stringify(a) === JSON.stringify(b) : a === b;

function setPrimitive(at: Target, name: string, value: unknown): void {
  if (!(value instanceof Primitive)) {
    at[name] = value;
    return;
  }
  if (value.value !== undefined) at[name] = value.value;
  if (value.extension.length > 0) at[`_${name}`] = { extension: value.extension };
}

/** `value<Type>` of an extension, with the twin for a primitive that has extensions of its own. */
export function extensionOf(url: string, value: unknown, type: string): Target {
  const typed = value instanceof Typed ? value : new Typed(type, value);
  const extension: Target = { url };
  setPrimitive(extension, choiceName('value', typed.type), typed.value);
  return extension;
}
