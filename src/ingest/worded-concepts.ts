/**
 * Every concept of a mapped message has a word (gegevensdiensten.md: an app shows text, not codes).
 * Where the sender left the name of a code out, it comes from `codes/word.csv`; a code of the
 * sender's own tables that has no name is shown as the sender wrote it.
 */
import { type Coding, isObject, type Resource } from '../conformance/index.ts';
import type { MappedMessage, MessageFormat, SenderOverlay } from './format.ts';
import { sharedCodeTable } from './mapping/mapping.ts';

/** The same format, with a display or text in each CodeableConcept that came without any. */
export function wordingConcepts(format: MessageFormat): MessageFormat {
  return {
    ...format,
    read: (bytes, overlay, ...rest) =>
      format.read(bytes, overlay, ...rest).map((message) => worded(message, overlay)),
  };
}

type Json = Record<string, unknown>;

function worded(message: MappedMessage, overlay: SenderOverlay): MappedMessage {
  const resources = message.resources.map((one) =>
    one.version === 'R4' ? { ...one, resource: inWords(one.resource, overlay) as Resource } : one,
  );
  return { ...message, resources };
}

/** A copy where something changes; what stays as it is is the same object. */
function inWords(value: unknown, overlay: SenderOverlay): unknown {
  if (Array.isArray(value)) {
    const copy = value.map((one) => inWords(one, overlay));
    return copy.some((one, at) => one !== value[at]) ? copy : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Json;
  const codings = codingsOf(object['coding']);
  if (codings) return concept(object, codings, overlay);
  let copy: Json | undefined;
  for (const name in object) {
    const inner = object[name];
    if (typeof inner !== 'object') continue;
    const other = inWords(inner, overlay);
    if (other !== inner) copy = { ...(copy ?? object), [name]: other };
  }
  return copy ?? object;
}

/** Also within what no profile knows, where anything may bear that name. */
function codingsOf(coding: unknown): readonly Coding[] | undefined {
  if (!Array.isArray(coding)) return undefined;
  const isCoding = (one: unknown): one is Coding =>
    isObject(one) && ['string', 'undefined'].includes(typeof one['system']);
  return coding.every(isCoding) ? coding : undefined;
}

function concept(value: Json, codings: readonly Coding[], overlay: SenderOverlay): Json {
  if (value['text'] !== undefined || value['_text'] !== undefined) return value;
  if (codings.some(({ display }) => display !== undefined)) return value;
  const known = sharedCodeTable('word');
  const named = codings.map((one) => {
    const display = known.rows.get(`${one.system ?? ''}|${one.code ?? ''}`)?.display;
    return display === undefined ? one : { ...one, display };
  });
  if (named.some((one, at) => one !== codings[at])) return { ...value, coding: named };
  const own = codings.find(({ system, code }) => code !== undefined && isOwn(system, overlay));
  return own === undefined ? value : { ...value, text: own.code };
}

const isOwn = (system: string | undefined, overlay: SenderOverlay): boolean =>
  system === undefined ||
  system.startsWith(overlay.base) ||
  overlay.localSystems.some((start) => system.startsWith(start));
