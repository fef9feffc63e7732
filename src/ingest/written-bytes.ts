/** What is written of a resource, at once or, of many, only while it is sealed. */
import { R4, type Resource, STU3, writeFhir } from '../conformance/index.ts';
import { jsonBytes } from '../platform/json-in-pieces.ts';
import type { PutOptions, ResourceWrite } from '../store/index.ts';

/** More than these are turned into bytes when they are asked for, part by part, and not held. */
export const WRITTEN_AT_ONCE_MAX = 500;

const HEAVY_CHARACTERS = 1_048_576;

/** A document whose bytes alone are so large that they are not held beside its resource. */
export function isHeavy({ resourceType, data, content }: Resource): boolean {
  const text = resourceType === 'Binary' ? (data ?? content) : undefined;
  return typeof text === 'string' && text.length > HEAVY_CHARACTERS;
}

/** The same write with something else; what is made when it is asked for is not made for that. */
export function amended<W extends ResourceWrite>(
  write: W,
  change: Partial<Pick<ResourceWrite, 'facts'> & PutOptions>,
): W {
  const made = Object.defineProperties({}, Object.getOwnPropertyDescriptors(write)) as W;
  return Object.assign(made, change);
}

/** What a Binary says without its content, in the names of either version. */
function outlineOf(native: Resource): Buffer {
  const { data: _data, content: _content, ...rest } = native;
  return Buffer.from(JSON.stringify(rest));
}

/** @param later the bytes are made each time that they are asked for */
export function withBytes(
  write: Omit<ResourceWrite, 'bytes' | 'r4'>,
  { native, r4 }: { readonly native: Resource; readonly r4: Resource },
  later: boolean,
): ResourceWrite {
  const version = write.native === 'R4' ? R4 : STU3;
  const bytes = () =>
    isHeavy(native) ? jsonBytes(native) : writeFhir(native, { format: 'json', version });
  const r4Bytes = () => writeFhir(r4, { format: 'json', version: R4 });
  if (!later) {
    return { ...write, bytes: bytes(), ...(version === STU3 ? { r4: r4Bytes() } : {}) };
  }
  const made = { ...write };
  Object.defineProperty(made, 'bytes', { get: bytes, enumerable: true });
  if (isHeavy(native)) Object.defineProperty(made, 'outline', { get: () => outlineOf(native) });
  if (version === STU3) Object.defineProperty(made, 'r4', { get: r4Bytes, enumerable: true });
  return made as ResourceWrite;
}
