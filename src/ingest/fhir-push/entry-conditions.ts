/**
 * Conditions of an entry: only when it is the version that is named, only when it is not there yet.
 * https://hl7.org/fhir/R4/http.html#ccreate and #concurrency
 */
import type { BundleEntry, Identifier } from '../../conformance/index.ts';
import type { MappedResource } from '../format.ts';
import { refused } from './entry-request.ts';

/** @throws Problem `unprocessable` with the place of a condition that is not kept here. */
export function conditionsOf(
  { request, resource }: BundleEntry,
  place: string,
): Pick<MappedResource, 'ifVersion' | 'onlyIfAbsent'> {
  const { method, ifMatch, ifNoneMatch, ifNoneExist } = request ?? { method: 'POST' };
  const at = (name: string) => `${place}.request.${name}`;
  if (ifMatch !== undefined) {
    const version = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch)?.[1];
    if (version === undefined || method === 'POST') {
      throw refused('Only a version of what is replaced can be named.', 'if-match', at('ifMatch'));
    }
    return { ifVersion: { version: Number(version), place: at('ifMatch') } };
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*' || method !== 'PUT') {
      const text = 'Only * can be named, for what is put where nothing is.';
      throw refused(text, 'if-none-match', at('ifNoneMatch'));
    }
    return { ifVersion: { version: 0, place: at('ifNoneMatch') } };
  }
  if (ifNoneExist === undefined) return {};
  // The identity of what is posted is its first identifier: by that it is found, and by no other.
  const [first] = [resource?.['masterIdentifier'], resource?.['identifier']]
    .flat()
    .filter((one): one is Identifier => (one as Identifier | undefined)?.value !== undefined);
  const own = first && `${first.system ?? ''}|${first.value}`;
  const params = [...new URLSearchParams(ifNoneExist)];
  const isOwn = params.length === 1 && params[0]?.[0] === 'identifier' && params[0][1] === own;
  if (method !== 'POST' || !isOwn) {
    const text = 'Only the first identifier of the resource itself can be asked for.';
    throw refused(text, 'if-none-exist', at('ifNoneExist'));
  }
  return { onlyIfAbsent: true };
}
