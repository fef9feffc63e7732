/**
 * A released resource as JSON without reading and writing it again: the bytes as they lie in the
 * store, behind a head with the version and time of the store (D5). Whoever needs an edit, or lies
 * in another spelling than the store's own, goes the long way through `face`.
 */
import { holdsNoBsn } from '../conformance/index.ts';
import type { ReleasedResource } from '../consent/index.ts';
import type { Asking } from './asking.ts';

const META = ',"meta":{';

/**
 * As text of which each character is one byte of the UTF-8: cut, joined and written without being
 * read as letters, which costs a third of the copies.
 * @returns undefined when only `face` can tell what leaves.
 */
export function faceLatin1(released: ReleasedResource, asking: Asking): string | undefined {
  const { lying } = released;
  if (lying === undefined) return undefined;
  const known = madeBefore.get(lying);
  if (known && isSame(known, released, asking)) return known.text;
  const text = spliced(lying.toString('latin1'), released, asking);
  const { id, version, updated } = released;
  madeBefore.set(lying, { id, version, at: updated.getTime(), maskBsn: asking.maskBsn, text });
  return text;
}

interface Made {
  readonly id: string;
  readonly version: number;
  readonly at: number;
  readonly maskBsn: boolean;
  readonly text: string | undefined;
}

/** Of bytes that stay in use, as those of rows that are looked at again. */
const madeBefore = new WeakMap<Buffer, Made>();

/** All that `spliced` looks at beside the bytes. */
function isSame(made: Made, { id, version, updated }: ReleasedResource, asking: Asking): boolean {
  return (
    made.id === id &&
    made.version === version &&
    made.at === updated.getTime() &&
    made.maskBsn === asking.maskBsn
  );
}

/** As letters: one that leaves alone is written to the line together with its head. */
export function faceText(released: ReleasedResource, asking: Asking): string | undefined {
  return spliced(released.lying?.toString('utf8'), released, asking);
}

function spliced(
  text: string | undefined,
  { id, version, updated }: ReleasedResource,
  asking: Asking,
): string | undefined {
  if (text === undefined) return undefined;
  if (asking.maskBsn && !holdsNoBsn(text)) return undefined;
  const start = `{"resourceType":"${typeIn(text)}","id":${JSON.stringify(id)}`;
  if (!text.startsWith(start)) return undefined;
  const metaEnd = text.startsWith(META, start.length) ? endOfObject(text, start.length + 8) : 0;
  const rest = text.slice(metaEnd || start.length);
  // Another meta further on may be one of a contained resource, or one that stands elsewhere.
  if (rest.includes('"meta"') || !/^[,}]/.test(rest)) return undefined;
  const meta = metaEnd === 0 ? {} : JSON.parse(text.slice(start.length + 8, metaEnd));
  const head = JSON.stringify({
    ...meta,
    versionId: String(version),
    lastUpdated: updated.toISOString(),
  });
  return `${start},"meta":${head}${rest}`;
}

/** The type that a resource in JSON begins with; empty when it does not. */
export function typeIn(text: string): string {
  return /^\{"resourceType":"([A-Za-z]+)"/.exec(text)?.[1] ?? '';
}

/** Position after the closing bracket of the object that begins here; 0 when it does not close. */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x7b) depth += 1;
    else if (code === 0x7d) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return 0;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== 0x22) {
    at += text.charCodeAt(at) === 0x5c ? 2 : 1;
  }
  return at;
}
