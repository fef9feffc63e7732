/**
 * `meta` between the versions. A claim to a profile of the other version would be false: a profile
 * with a successor claims that, and what this does not bring back the way home travels in an
 * extension that names the element, as other elements without a place do.
 */
import { carriedUrl } from './conversion-carry.ts';
import { profileIn } from './conversion-names.ts';
import type { Conversing, Json } from './conversion-place.ts';
import type { TypeRules } from './elements.ts';
import { isObject } from './fhir-json.ts';

export function convertMeta(
  run: Conversing,
  value: Json,
  from: TypeRules,
  to: TypeRules,
  path: string,
): Json {
  const { profile, extension, ...rest } = value;
  const { carried, others } = carriedIn(run, extension);
  const claims = [...carried];
  const left: Json[] = [];
  for (const [at, one] of strings(profile).entries()) {
    const successor = profileIn(run.forward, one);
    if (successor === undefined) {
      run.loss.push({ path: `${path}.profile[${at}]`, reason: 'no profile with the same meaning' });
    } else if (!carried.some((known) => profileIn(!run.forward, known) === one)) {
      claims.push(successor);
    }
    const isSameBack = successor !== undefined && profileIn(!run.forward, successor) === one;
    const isCarriedBack = carried.some((known) => profileIn(!run.forward, known) === one);
    if (!isSameBack && !isCarriedBack) {
      left.push({ url: carriedUrl(run.from, 'Meta', 'profile'), valueUri: one });
    }
  }
  const source = others.length > 0 ? { ...rest, extension: others } : rest;
  const converted = run.object(source, from, to, 'Meta', path);
  const known = Array.isArray(converted['extension']) ? (converted['extension'] as unknown[]) : [];
  const extensions = [...known, ...left];
  return {
    ...converted,
    ...(extensions.length > 0 ? { extension: extensions } : {}),
    ...(claims.length > 0 ? { profile: [...new Set(claims)] } : {}),
  };
}

/** Claims of the target version that came along before, and the extensions that are none. */
function carriedIn(run: Conversing, extension: unknown): { carried: string[]; others: unknown[] } {
  const url = carriedUrl(run.to, 'Meta', 'profile');
  const list = Array.isArray(extension) ? (extension as unknown[]) : [];
  const isCarried = (one: unknown): one is Json => isObject(one) && one['url'] === url;
  return {
    carried: list.filter(isCarried).flatMap((one) => strings([one['valueUri']])),
    others: list.filter((one) => !isCarried(one)),
  };
}

function strings(list: unknown): string[] {
  return Array.isArray(list)
    ? (list as unknown[]).filter((one): one is string => typeof one === 'string')
    : [];
}
