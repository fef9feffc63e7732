/**
 * One message may hold lists of several people; each gets a tree of its own with only its
 * subjects.
 */
import { Problem } from '../../platform/problem.ts';
import { bsnOf } from '../mapping/eleven-test.ts';
import { childrenNamed, leavesOf, type SourceNode } from '../mapping/source-node.ts';
import { attribute, type Interaction, idText } from './interaction.ts';
import { TEXT_RUN } from './parse.ts';

const BSN_ROOT = '2.16.840.1.113883.2.4.6.3';

/** Ways to the person in the payloads, from the control act's subject or the bare payload. */
const PATIENT_PATHS = [
  ['MedicationDispenseList', 'subject', 'Patient'],
  ['MedicationPrescriptionList', 'subject', 'Patient'],
  ['prescription', 'subject', 'Patient'],
  ['Prescription', 'subject', 'Patient'],
  ['organizer', 'recordTarget', 'patientRole'],
  ['ClinicalDocument', 'recordTarget', 'patientRole'],
  ['PrimaryCareProvision', 'subject', 'Patient'],
  ['PrimaryCareProvision', 'subject', 'patient'],
  ['Condition', 'subject', 'patient'],
  ['Condition', 'subject', 'Patient'],
] as const;

export interface PersonPart {
  /** Identifies the person within the message. */
  readonly person: string;
  /** The whole message, without the subjects of others. */
  readonly tree: SourceNode;
  readonly patients: readonly SourceNode[];
  /** What of the message is about this person. */
  readonly subjects: ReadonlySet<SourceNode>;
}

/**
 * @throws Problem `not-supported` for a subject of a kind not known here; `unprocessable` with
 * code `bsn-eleven-test` at the XPath of a BSN that fails
 * it, and
 *   `patient-missing` at a subject that names nobody, `several-patients` at one that names two.
 */
export function splitByPerson(
  root: SourceNode,
  interactions: readonly Interaction[],
): PersonPart[] {
  const subjects = new Map<string, { subjects: Set<SourceNode>; patients: SourceNode[] }>();
  const all = new Set<SourceNode>();
  for (const subject of interactions.flatMap((one) => one.subjects)) {
    all.add(subject);
    const patients = patientsOf(subject);
    const [patient] = patients;
    if (!PATIENT_PATHS.some(([payload]) => isOrHolds(subject, payload))) {
      throw new Problem('not-supported', 'The subject holds nothing that is known here.', {
        code: 'hl7v3-content',
        expression: [subject.place],
      });
    }
    if (patient === undefined) {
      throw new Problem('unprocessable', 'The subject names no patient.', {
        code: 'patient-missing',
        expression: [subject.place],
      });
    }
    const person = personKey(patient);
    requireOnePerson(patients);
    const known = subjects.get(person) ?? { subjects: new Set(), patients: [] };
    known.subjects.add(subject);
    known.patients.push(patient);
    subjects.set(person, known);
  }
  return [...subjects].map(([person, own]) => ({
    person,
    tree: subjects.size === 1 ? root : without(root, all, own.subjects),
    patients: own.patients,
    subjects: own.subjects,
  }));
}

/** Facts of two people in one subject cannot be told apart: nobody's is safer than the first's. */
function requireOnePerson(patients: readonly SourceNode[]): void {
  const [first, ...more] = patients.filter((one) => personKey(one).startsWith(`${BSN_ROOT}#`));
  const other = first && more.find((one) => personKey(one) !== personKey(first));
  if (other === undefined) return;
  throw new Problem('unprocessable', 'The subject names more than one person.', {
    code: 'several-patients',
    expression: [other.place],
  });
}

/**
 * One number with two days of birth, or with surnames that have nothing in common: the number may
 * be another person's in one of the places, so somebody has to look.
 */
export function disagreements(patients: readonly SourceNode[]): string[] {
  const births = new Set(patients.flatMap((one) => birthDaysIn(one)));
  const surnames = patients.map(surnamesIn).filter((one) => one.size > 0);
  const [first, ...more] = surnames;
  const isOther = more.some((one) => [...one].every((name) => !first?.has(name)));
  return [
    ...(births.size > 1 ? ['birth-date-mismatch'] : []),
    ...(isOther ? ['name-mismatch'] : []),
  ];
}

const PERSON_ELEMENTS = ['Person', 'person', 'patientPerson', 'patient', 'subjectPerson'];

const ownPerson = (patient: SourceNode): readonly SourceNode[] =>
  PERSON_ELEMENTS.flatMap((name) => childrenNamed(patient, name));

/** Whole days only: of a month alone nothing differs. */
const birthDaysIn = (patient: SourceNode): string[] =>
  ownPerson(patient)
    .flatMap((person) => childrenNamed(person, 'birthTime'))
    .flatMap((birth) => attribute(birth, 'value')?.slice(0, 8) ?? [])
    .filter((day) => day.length === 8);

function surnamesIn(patient: SourceNode): Set<string> {
  const names = ownPerson(patient).flatMap((person) => childrenNamed(person, 'name'));
  const families = names.flatMap((name) => childrenNamed(name, 'family'));
  const words = families
    .flatMap((one) => leavesOf(one))
    .flatMap(({ name, value }) =>
      name.startsWith('@') || value === undefined ? [] : value.toLowerCase().split(/[^\p{L}]+/u),
    );
  return new Set(words.filter((word) => word.length > 1));
}

function patientsOf(subject: SourceNode): SourceNode[] {
  const found = PATIENT_PATHS.flatMap((path) => {
    const [first, ...rest] = path;
    let level = subject.name === first ? [subject] : childrenNamed(subject, first);
    for (const name of rest) level = level.flatMap((node) => childrenNamed(node, name));
    return level;
  });
  return found;
}

/** Numbers that a person is known by. */
export function numbersOf(patient: SourceNode): string[] {
  return childrenNamed(patient, 'id').flatMap((id) => attribute(id, 'extension') ?? []);
}

/** Whether a number stands anywhere but in the subjects. */
export function namesAny(
  node: SourceNode,
  numbers: ReadonlySet<string>,
  subjects: ReadonlyMap<SourceNode, unknown>,
): boolean {
  if (subjects.has(node)) return false;
  if (node.value !== undefined && numbers.has(node.value.trim())) return true;
  return node.children.some((child) => namesAny(child, numbers, subjects));
}

/** The subjects by their number among the elements of the document, in its order. */
export function numbersIn(
  document: SourceNode,
  subjects: ReadonlyMap<SourceNode, unknown>,
): ReadonlyMap<number, SourceNode> {
  const numbers = new Map<number, SourceNode>();
  let count = 0;
  const walk = (node: SourceNode): void => {
    if (node.name.startsWith('@') || node.name === TEXT_RUN) return;
    if (subjects.has(node)) numbers.set(count, node);
    count += 1;
    for (const child of node.children) walk(child);
  };
  walk(document);
  return numbers;
}

const isOrHolds = (subject: SourceNode, payload: string) =>
  subject.name === payload || childrenNamed(subject, payload).length > 0;

function personKey(patient: SourceNode): string {
  const ids = childrenNamed(patient, 'id');
  for (const id of ids) checkBsn(id);
  const bsn = ids.find((id) => attribute(id, 'root') === BSN_ROOT && attribute(id, 'extension'));
  const chosen = bsn ?? ids.find((id) => attribute(id, 'extension') !== undefined);
  return idText(chosen) ?? patient.place;
}

function checkBsn(id: SourceNode): void {
  const leaf = id.children.find((child) => child.name === '@extension');
  if (attribute(id, 'root') !== BSN_ROOT || leaf?.value === undefined) return;
  if (bsnOf(leaf.value) !== undefined) return;
  throw new Problem('unprocessable', 'The BSN fails the eleven-test.', {
    code: 'bsn-eleven-test',
    expression: [leaf.place],
  });
}

function without(
  node: SourceNode,
  all: ReadonlySet<SourceNode>,
  own: ReadonlySet<SourceNode>,
): SourceNode {
  let changed = false;
  const children = node.children.flatMap((child) => {
    if (all.has(child)) {
      if (!own.has(child)) changed = true;
      return own.has(child) ? [child] : [];
    }
    if (child.children.length === 0) return [child];
    const kept = without(child, all, own);
    if (kept !== child) changed = true;
    return [kept];
  });
  return changed ? { ...node, children } : node;
}
