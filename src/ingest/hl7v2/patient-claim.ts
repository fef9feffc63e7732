/**
 * What a message claims about the person, taken from the Patient that the rules made, and what in
 * the message itself says that it must not be believed yet (source-formats.md 2.1, 3.3; issue
 * B10).
 */
import type { Identifier } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import type { PatientClaim } from '../format.ts';
import { BSN_SYSTEM, bsnOf } from '../mapping/eleven-test.ts';
import type { Made } from '../mapping/later-reference.ts';
import { compilePath } from '../mapping/path-grammar.ts';
import { type Cursor, rootCursor, type SourceNode, textNode } from '../mapping/source-node.ts';
import { select, textAt } from '../mapping/source-path.ts';

const NUMBERS = [compilePath('PATIENT/PID-3'), compilePath('PATIENT/MRG-1')];
const VALUE = compilePath('1');
const AUTHORITY = compilePath('4.1');
const AUTHORITY_OID = compilePath('4.2');
const TYPE = compilePath('5');
const UNKNOWN_PERSON = compilePath('PATIENT/PID-31');
const RELIABILITY = compilePath('PATIENT/PID-32');
const NAME_TYPE = compilePath('PATIENT/PID-5.7');

/**
 * A BSN that fails the eleven-test is refused, with its place and without its digits; an anonymised
 * person has no record here.
 * @throws Problem `unprocessable`.
 */
export function checkNumbers(
  root: SourceNode,
  authorities: Readonly<Record<string, string>>,
): void {
  const top = rootCursor(root);
  for (const path of NUMBERS) {
    for (const found of select(top, path)) checkNumber(found, authorities);
  }
  if (textAt(top, NAME_TYPE) === 'S') {
    throw new Problem('unprocessable', 'The name is a pseudonym; nothing is stored for it.', {
      code: 'anonymised',
      expression: ['PID-5.7'],
    });
  }
}

function checkNumber(found: Cursor, authorities: Readonly<Record<string, string>>): void {
  const type = textAt(found, TYPE) ?? '';
  if (type.startsWith('ANON')) {
    throw new Problem('unprocessable', 'The person is anonymised; nothing is stored for it.', {
      code: 'anonymised',
      expression: [found.node.place],
    });
  }
  const value = textAt(found, VALUE);
  const authority = textAt(found, AUTHORITY) ?? '';
  const oid = textAt(found, AUTHORITY_OID) ?? '';
  if (value === undefined) return;
  const named = authorities[`${authority}|${type}`] ?? authorities[authority];
  if ((named ?? authorities[oid]) !== BSN_SYSTEM) return;
  if (value === '""' || bsnOf(value) !== undefined) return;
  const place = select(found, VALUE)[0]?.node.place ?? found.node.place;
  throw new Problem('unprocessable', 'The BSN fails the eleven-test.', {
    code: 'bsn-eleven-test',
    expression: [place.endsWith('.1') ? place : `${place}.1`],
  });
}

/** What the message says of the person, from the Patient that the rules made of it. */
export function claimOf(root: SourceNode, patient: Made | undefined): PatientClaim {
  const resource = patient?.resource ?? { resourceType: 'Patient' };
  const identifiers = Array.isArray(resource['identifier'])
    ? (resource['identifier'] as Identifier[])
    : [];
  const top = rootCursor(root);
  const flags: string[] = [];
  if (!identifiers.some((one) => one.system === BSN_SYSTEM)) flags.push('bsn-missing');
  if (textAt(top, UNKNOWN_PERSON) === 'Y' && textAt(top, RELIABILITY) !== 'NNNLD') {
    flags.push('identity-unknown');
  }
  for (const cursor of select(top, RELIABILITY)) {
    if (/^(US|UD|UA|AL)$/.test(textNode(cursor.node)?.value ?? '')) flags.push('bsn-unverified');
  }
  const { birthDate, gender, name } = resource;
  return {
    identifiers,
    ...(typeof birthDate === 'string' ? { birthDate } : {}),
    name: Array.isArray(name) ? name : [],
    ...(typeof gender === 'string' ? { gender } : {}),
    flags: [...new Set(flags)],
    ...(patient === undefined ? {} : { fullUrl: patient.fullUrl }),
  };
}

/**
 * A message without BSN may still fit a number that was linked before; an unsure identity may
 * not.
 */
export const holdReasons = (claim: PatientClaim): string[] =>
  claim.flags.filter((flag) => flag === 'identity-unknown' || flag === 'bsn-unverified');
