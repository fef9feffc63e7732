/** FHIRPath as TestScripts use it: on a whole request or response. */
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import stu3 from 'fhirpath/fhir-context/stu3';
import type { FhirVersion } from '../../../src/conformance/index.ts';

type Compiled = (value: unknown) => unknown[];

const compiled = new Map<string, Compiled>();

/**
 * What an expression comes to.
 * @throws Error when it cannot be evaluated.
 */
export function evaluate(expression: string, value: unknown, version: FhirVersion): unknown[] {
  const key = `${version.name}\n${expression}`;
  let run = compiled.get(key);
  if (!run) {
    // FHIR has no type "coding"; read strictly such an assert could not fail.
    // An element that has extensions only is there all the same, but this engine says it is not.
    const text = expression
      .replaceAll('is(coding)', 'is(Coding)')
      .replaceAll('(system and value)', '(system.exists() and value.exists())')
      // Codes are text, also where a script forgets the quotes.
      .replace(/\bcode ?= ?(\d+)\b/g, "code = '$1'");
    const model = (version.name === 'R4' ? r4 : stu3) as unknown as Model;
    run = fhirpath.compile(text, model, { async: false, traceFn: () => {} }) as unknown as Compiled;
    compiled.set(key, run);
  }
  return run(value);
}

/** True as an assert reads it: something came out, and no part of it is false. */
export const isTrue = (found: readonly unknown[]): boolean =>
  found.length > 0 && found.every((one) => one !== false);
