/** HL7v3 messages of pharmacies and GPs (source-formats 7, 8) as formats of the way in. */

import type { Identifier, Resource } from '../../conformance/index.ts';
import { Problem } from '../../platform/problem.ts';
import { resolveNarrative } from '../cda/narrative-references.ts';
import { cutShares } from '../cut-shares.ts';
import type {
  MappedMessage,
  MappingIssue,
  MessageFormat,
  PatientClaim,
  SenderOverlay,
  Share,
} from '../format.ts';
import { applyRules } from '../mapping/apply-rules.ts';
import { hl7Time } from '../mapping/date-time.ts';
import { BSN_SYSTEM } from '../mapping/eleven-test.ts';
import { contentKey } from '../mapping/identity.ts';
import { openMapping } from '../mapping/mapping.ts';
import { childrenNamed, type SourceNode } from '../mapping/source-node.ts';
import { rememberHead } from './answer.ts';
import { shieldParts } from './confidentiality.ts';
import { hl7v3Converters } from './converters/hl7v3-converters.ts';
import { beginningOf } from './decode.ts';
import { elementRanges } from './element-ranges.ts';
import { attribute, type Interaction, readTransmission, type Transmission } from './interaction.ts';
import { madeOfDenied, NEGATED, negatedUnread } from './negated.ts';
import { resolveOwnReferences } from './own-references.ts';
import { parseXml } from './parse.ts';
import {
  disagreements,
  namesAny,
  numbersIn,
  numbersOf,
  type PersonPart,
  splitByPerson,
} from './persons.ts';

const mapping = openMapping('hl7v3', hl7v3Converters);

const PAYLOAD =
  /<([\w.-]+:)?([A-Z]{4}_IN\d{6}|organizer|ClinicalDocument|MedicationDispenseList|PrimaryCareProvision|prescription\b)/;

/** How far into the bytes a message may start telling what it is. */
const RECOGNISE_BYTES = 65_536;

const hl7v3: MessageFormat = {
  name: 'hl7v3',
  recognise(bytes) {
    const text = beginningOf(bytes, RECOGNISE_BYTES);
    if (!/^(\uFEFF|ï»¿)?\s*</.test(text) || !text.includes('urn:hl7-org:v3')) return false;
    return PAYLOAD.test(text);
  },
  prepare: mapping.prepare,
  read: (bytes, overlay) => readHl7v3(bytes, overlay),
};

/**
 * One MappedMessage for each person. An answer "nothing found" and an empty list give none.
 * @throws Problem for XML that cannot be read, an interaction that is not known here, a subject
 * without
 *   a patient and a BSN that fails the eleven-test; its expression is the XPath.
 */
export function readHl7v3(bytes: Buffer, overlay: SenderOverlay): MappedMessage[] {
  const document = resolveNarrative(parseXml(bytes));
  const transmission = readTransmission(document);
  rememberHead(bytes, document, transmission.root);
  requireProduction(transmission, overlay);
  requireContent(transmission.interactions);
  const parts = splitByPerson(transmission.root, transmission.interactions);
  const shares = parts.length > 1 ? sharesOf(bytes, document, parts) : [];
  return parts.map((part, index) => {
    const share = shares[index];
    const read = mapPerson(transmission, part, overlay);
    const messageKey = index === 0 ? read.messageKey : `${read.messageKey}|${index + 1}`;
    return { ...read, messageKey, ...(share ? { share } : {}) };
  });
}

/** Only production reaches the record (source-formats.md 7.1), or what the sender's file adds. */
function requireProduction(
  { root, interactions }: Transmission,
  { processing }: SenderOverlay,
): void {
  for (const node of [root, ...interactions.map((one) => one.node)]) {
    const [code] = childrenNamed(node, 'processingCode');
    const said = attribute(code, 'code');
    if (code === undefined || said === undefined || processing.includes(said)) continue;
    throw new Problem('not-supported', 'Messages for training or debugging are not stored.', {
      code: 'processing-id',
      expression: [`${code.place}/@code`],
    });
  }
}

/**
 * An interaction that is no answer and brings nothing (a question, one that withdraws) is not known
 * here: accepted it would be lost.
 */
function requireContent(interactions: readonly Interaction[]): void {
  const empty = interactions.find(({ subjects, isAnswer }) => subjects.length === 0 && !isAnswer);
  if (empty === undefined) return;
  throw new Problem('not-supported', 'This interaction is not known here.', {
    code: 'hl7v3-interaction',
    expression: [empty.node.place],
  });
}

/**
 * For each person the message without what is about the others; none where what stands around the
 * subjects names somebody, as a question that is repeated in its answer may.
 */
function sharesOf(bytes: Buffer, document: SourceNode, parts: readonly PersonPart[]): Share[] {
  const owner = new Map<SourceNode, number>();
  for (const [index, { subjects }] of parts.entries()) {
    for (const subject of subjects) owner.set(subject, index);
  }
  const people = new Set(parts.flatMap(({ patients }) => patients.flatMap(numbersOf)));
  if (namesAny(document, people, owner)) return [];
  const numbers = numbersIn(document, owner);
  const ranges = elementRanges(bytes, (number) => numbers.has(number));
  const cuts = [...numbers].flatMap(([number, subject]) => {
    const range = ranges.get(number);
    return range ? [{ ...range, owners: new Set([owner.get(subject) ?? 0]) }] : [];
  });
  return cutShares({ bytes, mediaType: 'application/xml' }, cuts, parts.length);
}

function mapPerson(
  transmission: Transmission,
  part: PersonPart,
  overlay: SenderOverlay,
): MappedMessage {
  const { made, issues } = applyRules(mapping(overlay), part.tree, overlay);
  const { patients } = part;
  const negated = negatedUnread(part.tree, issues, made);
  if (made.length === 0) refuseNothing(issues, patients);
  const byItem = negated.length > 0 && overlay.unreadDenials === 'hold-item';
  const denied = byItem ? madeOfDenied(made, negated) : undefined;
  resolveOwnReferences(made);
  shieldParts(part.tree, made);
  const time = timeText(transmission.creationTime, overlay);
  return {
    format: `hl7v3 ${formatName(transmission.interactions)}`,
    messageKey: transmission.messageKey === '' ? contentKey(part.tree) : transmission.messageKey,
    ...(time === undefined ? {} : { messageTime: time }),
    patient: claimOf(made),
    resources: made.map((one) => {
      const { key: own, resource, fullUrl, version, sourceTime } = one;
      const changed = sourceTime ?? time;
      return {
        key: own,
        resource,
        fullUrl,
        version,
        ...(changed === undefined ? {} : { sourceTime: changed }),
        ...(denied?.has(one) ? { waits: NEGATED } : {}),
      };
    }),
    issues: [...issues, ...negated, ...remaining(transmission.interactions)],
    hold: [...holdOf(part.patients), ...(negated.length > 0 && !denied ? [NEGATED] : [])],
    ...(transmission.processing === undefined ? {} : { processing: transmission.processing }),
  };
}

/** What was left out for want of a required element is the nearer reason than that nothing came. */
function refuseNothing(issues: readonly MappingIssue[], patients: readonly SourceNode[]): void {
  const lacking = issues.filter((issue) => issue.code === 'required-missing');
  if (lacking.length > 0) {
    throw new Problem('unprocessable', lacking[0]?.text ?? '', {
      code: 'required-missing',
      expression: lacking.map((issue) => issue.place),
    });
  }
  const isOfPatient = (place: string) => patients.some((one) => place.startsWith(one.place));
  if (!issues.some(({ kind, place }) => kind === 'unread' && !isOfPatient(place))) return;
  throw new Problem('not-supported', 'No rule knows what is in this message.', {
    code: 'hl7v3-content',
    expression: patients.map((patient) => patient.place),
  });
}

const formatName = (interactions: readonly Interaction[]) =>
  [...new Set(interactions.map((one) => one.name))].join('+');

function timeText(text: string | undefined, overlay: SenderOverlay): string | undefined {
  if (text === undefined) return undefined;
  const found = hl7Time(text, overlay.zone);
  return typeof found === 'string' ? undefined : found.value;
}

function claimOf(
  made: readonly { readonly resource: Resource; readonly fullUrl: string }[],
): PatientClaim {
  const patient = made.find((one) => one.resource.resourceType === 'Patient');
  const resource: Resource = patient?.resource ?? { resourceType: 'Patient' };
  const identifiers = (resource['identifier'] as Identifier[] | undefined) ?? [];
  const bsn = identifiers.some((one) => one.system === BSN_SYSTEM && one.value !== undefined);
  const { birthDate, gender } = resource;
  return {
    identifiers,
    name: (resource['name'] as unknown[] | undefined) ?? [],
    ...(typeof birthDate === 'string' ? { birthDate } : {}),
    ...(typeof gender === 'string' ? { gender } : {}),
    flags: bsn ? [] : ['bsn-missing'],
    ...(patient ? { fullUrl: patient.fullUrl } : {}),
  };
}

function holdOf(patients: readonly SourceNode[]): string[] {
  const named = patients.some((patient) =>
    patient.children.some((id) => id.name === 'id' && attribute(id, 'extension') !== undefined),
  );
  return [...(named ? [] : ['patient-without-identifier']), ...disagreements(patients)];
}

/** The sender holds more than it sent: nothing is wrong, but this is not all. */
function remaining(interactions: readonly Interaction[]): MappingIssue[] {
  return interactions.flatMap((one): MappingIssue[] =>
    one.resultRemaining === 0 || one.response !== 'OK'
      ? []
      : [
          {
            kind: 'rule',
            severity: 'information',
            code: 'more-to-fetch',
            text: 'The sender has more results than this answer holds.',
            place: `${one.node.place}/ControlActProcess/queryAck/resultRemainingQuantity`,
          },
        ],
  );
}

export const hl7v3Formats: readonly MessageFormat[] = [hl7v3];
