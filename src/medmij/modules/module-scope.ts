/**
 * What a module may ask for, what of that it is for (its entry in the catalogue), and what the
 * person lets it have: each kind of data by itself.
 * https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */

/** What exists here at all; whatever else a module asks is left out of what it gets. */
const SCOPE = /^(launch|fhirUser|patient\/(\*|[A-Z][A-Za-z]+)\.(read|rs)|patient\/Task\.write)$/;
const SCOPES_MAX = 40;

export const isScope = (text: string): boolean => SCOPE.test(text);

/** One thing that the person says yes or no to. */
export type ModuleRight =
  | { readonly name: string; readonly reads: string }
  | { readonly name: 'fhirUser' | 'patient/Task.write' };

const readIn = (scope: string): string | undefined =>
  /^patient\/(.+)\.(?:read|rs)$/.exec(scope)?.[1];

/** Of a request: what its catalogue entry names, in the order asked, each once. */
export function scopesAsked(asked: string, listed: readonly string[]): readonly string[] {
  const types = new Set(listed.flatMap((one) => readIn(one) ?? []));
  const isListed = (one: string) => {
    const type = readIn(one);
    if (type !== undefined) return types.has('*') || types.has(type);
    return one === 'launch' || listed.includes(one);
  };
  return [...new Set(asked.split(' '))]
    .filter((one) => isScope(one) && isListed(one))
    .slice(0, SCOPES_MAX);
}

/** What a list of scopes comes to, kind by kind, of the types that are here. */
export function rightsOf(
  scopes: readonly string[],
  types: ReadonlySet<string>,
): readonly ModuleRight[] {
  const readable = readableBy(scopes.join(' '), types);
  return [
    ...(scopes.includes('fhirUser') ? [{ name: 'fhirUser' } as const] : []),
    ...[...types].flatMap((type) =>
      readable.has(type) ? [{ name: `patient/${type}.read`, reads: type }] : [],
    ),
    ...(scopes.includes('patient/Task.write') ? [{ name: 'patient/Task.write' } as const] : []),
  ];
}

/**
 * What is left of a request when the person has chosen: a scope of which everything was allowed
 * stands as it was asked, of any other only the kinds that were.
 */
export function scopesLeft(
  scopes: readonly string[],
  types: ReadonlySet<string>,
  allowed: ReadonlySet<string>,
): readonly string[] {
  const left = scopes.flatMap((scope) => {
    if (scope === 'launch') return [scope];
    const rights = rightsOf([scope], types);
    const kept = rights.filter(({ name }) => allowed.has(name));
    return kept.length === rights.length && rights.length > 0
      ? [scope]
      : kept.map(({ name }) => name);
  });
  return [...new Set(left)];
}

/** The types that a scope lets a module read, of those that are here. */
export function readableBy(scope: string, types: ReadonlySet<string>): ReadonlySet<string> {
  const asked = scope.split(' ').flatMap((one) => readIn(one) ?? []);
  return asked.includes('*') ? types : new Set(asked.filter((one) => types.has(one)));
}
