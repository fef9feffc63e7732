/** HL7 v2 (2.3 to 2.8) in ER7: ADT, ORU, OUL, MDM, orders and vaccinations to nl-core FHIR R4. */
import { createHash } from 'node:crypto';
import { Problem } from '../../platform/problem.ts';
import { cutShares } from '../cut-shares.ts';
import type {
  MappedMessage,
  MappedResource,
  MessageFormat,
  SenderOverlay,
  Share,
} from '../format.ts';
import { applyRules } from '../mapping/apply-rules.ts';
import type { Made } from '../mapping/later-reference.ts';
import { type Mapping, openMapping } from '../mapping/mapping.ts';
import type { SourceNode } from '../mapping/source-node.ts';
import { numberedAs } from '../own-number.ts';
import { batchCounters } from './batch-envelope.ts';
import { contradictionHolds, contradictions } from './contradictions.ts';
import { HL7V2_CONVERTERS } from './converters.ts';
import { type Er7Message, looksLikeEr7, readEr7 } from './er7.ts';
import { checkHeader, type MessageHeader, readHeader } from './header.ts';
import { addsTo, checkContent, instructionsOf, parentIssues } from './instructions.ts';
import { messagesIn } from './mllp.ts';
import { apartBy } from './own-moment.ts';
import { checkNumbers, claimOf, holdReasons } from './patient-claim.ts';
import { groupByPerson } from './segment-group.ts';
import { unknownOrders, waitsForOrder } from './unknown-orders.ts';

/**
 * Each opening reads the tables anew, so open it once.
 */
export function openHl7v2(): MessageFormat {
  const mapping = openMapping('hl7v2', HL7V2_CONVERTERS);
  return {
    name: 'hl7v2',
    recognise: (bytes, mediaType) =>
      looksLikeEr7(bytes) || (mediaType ?? '').split(';')[0]?.trim() === 'application/hl7-v2',
    parts: piecesOf,
    envelope: batchCounters,
    contents: contentsOf,
    prepare: mapping.prepare,
    read(bytes, overlay) {
      const messages = readEr7(bytes, overlay);
      const alone = messages.length === 1 ? bytes : undefined;
      return messages.flatMap((message) => readMessage(mapping, message, overlay, alone));
    },
  };
}

/** The messages one after another, the envelope with the first: together all the bytes. */
function piecesOf(bytes: Buffer): Buffer[] {
  const starts = messagesIn({ bytes }).map((frame) => frame.bytes.byteOffset - bytes.byteOffset);
  return starts.map((start, nth) => bytes.subarray(nth === 0 ? 0 : start, starts[nth + 1]));
}

/** Segments without the envelope around them and the ends of lines, which differ by the way. */
function contentsOf(bytes: Buffer, overlay: SenderOverlay): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  const several = new Set<string>();
  for (const { segments, lines } of piecesOf(bytes).flatMap((piece) => readable(piece, overlay))) {
    const [msh] = segments;
    if (!msh) continue;
    const digest = createHash('sha256');
    for (const line of lines) digest.update(line).update('\r');
    const key = keyOf(readHeader(msh, overlay.zone));
    const said = digest.digest('hex');
    if ((contents.get(key) ?? said) !== said) several.add(key);
    contents.set(key, said);
  }
  // Of an id with two contents it cannot be told which one was stored.
  for (const key of several) contents.delete(key);
  return contents;
}

/** A message of a batch that cannot be read was not stored either. */
function readable(bytes: Buffer, overlay: SenderOverlay): Er7Message[] {
  try {
    return readEr7(bytes, overlay);
  } catch (error) {
    if (error instanceof Problem) return [];
    throw error;
  }
}

const keyOf = ({ sendingApplication, sendingFacility, controlId }: MessageHeader): string =>
  [sendingApplication, sendingFacility, controlId].join('|');

function readMessage(
  mapping: Mapping,
  message: Er7Message,
  overlay: SenderOverlay,
  bytes: Buffer | undefined,
): MappedMessage[] {
  const msh = message.segments[0];
  if (!msh) return [];
  const header = readHeader(msh, overlay.zone);
  checkHeader(header, overlay);
  const { persons, issues } = groupByPerson(message, header.type);
  const told = [...message.issues, ...issues];
  if (persons.length === 0) {
    throw new Problem('unprocessable', 'The message names no patient: segment PID is missing.', {
      code: 'segment-missing',
      expression: ['PID'],
    });
  }
  const [only, ...more] = persons;
  // DSC points at a message with the rest, so the last segment here may be half of one.
  const cut = message.segments.some(({ name }) => name === 'DSC') ? ['message-cut-off'] : [];
  const withTold = (one: MappedMessage): MappedMessage => ({
    ...one,
    ...(told.length === 0 ? {} : { issues: [...one.issues, ...told] }),
    ...(cut.length === 0 ? {} : { hold: [...one.hold, ...cut] }),
  });
  if (only && more.length === 0) return [withTold(readPerson(mapping, only, header, overlay, 0))];
  const shares = bytes ? sharesOf(message, bytes) : [];
  return persons.map((root, index) => {
    const share = shares[index];
    const read = withTold(readPerson(mapping, root, header, overlay, index));
    return { ...read, ...(share ? { share } : {}) };
  });
}

/** For each person what stands before the first, and the own segments. */
function sharesOf({ segments, lines }: Er7Message, bytes: Buffer): Share[] {
  const starts = segments.flatMap(({ name }, at) => {
    const line = lines[at];
    return name === 'PID' && line ? [line.byteOffset - bytes.byteOffset] : [];
  });
  const cuts = starts.map((from, nth) => ({
    ...{ from, to: starts[nth + 1] ?? bytes.length },
    owners: new Set([nth]),
  }));
  return cutShares({ bytes, mediaType: 'application/hl7-v2' }, cuts, starts.length);
}

function readPerson(
  mapping: Mapping,
  root: SourceNode,
  header: MessageHeader,
  overlay: SenderOverlay,
  index: number,
): MappedMessage {
  checkNumbers(root, overlay.authorities);
  checkContent(header, root);
  const noOrder = unknownOrders(header, root);
  const { made, issues } = applyRules(mapping(overlay), root, overlay);
  const patient = made.find((one) => one.rule === 'patient');
  if (!patient) {
    throw new Problem('unprocessable', 'Segment PID identifies nobody.', {
      code: 'field-missing',
      expression: ['PID-3'],
    });
  }
  const claim = claimOf(root, patient);
  const instructions = instructionsOf(header, root, made);
  const key = keyOf(header);
  return {
    format: `hl7v2 ${header.type}^${header.event}`,
    messageKey: index === 0 ? key : `${key}|${index + 1}`,
    ...(header.time === undefined ? {} : { messageTime: header.time }),
    patient: claim,
    resources: made.map((one) => {
      const told = { ...withoutOrigin(one), ...addsTo(header, one) };
      return numberedAs({ ...told, ...waitsForOrder(one), ...apartBy(one) }, one.key);
    }),
    issues: [...issues, ...noOrder, ...parentIssues(header, root), ...contradictions(header, root)],
    ...(instructions.length > 0 ? { instructions } : {}),
    hold: [...holdReasons(claim), ...contradictionHolds(header, root)],
    ...(header.processing === '' ? {} : { processing: header.processing }),
  };
}

function withoutOrigin({ rule: _rule, from: _from, ...resource }: Made): MappedResource {
  return resource;
}
