/**
 * From the outcome of a delivery to the answer that an HL7v3 sender waits for (source-formats
 * 7.1).
 */
import type { Problem, ProblemKind } from '../../platform/problem.ts';
import type { SourceNode } from '../mapping/source-node.ts';
import {
  type AcknowledgementCode,
  type AcknowledgementDetail,
  type InstanceId,
  type Received,
  receivedOf,
  writeAcknowledgement,
  writeSoapFault,
} from './acknowledgement.ts';
import { readTransmission } from './interaction.ts';
import { parseXml } from './parse.ts';

/** What repeating the message would change: AR nothing, AE something after repair or later. */
const CODES: Partial<Record<ProblemKind, readonly [AcknowledgementCode, string]>> = {
  'not-supported': ['AR', 'NS200'],
  forbidden: ['AR', 'NS202'],
  unauthenticated: ['AR', 'NS202'],
  'too-large': ['AR', 'SYN'],
  conflict: ['AE', 'SYN110'],
  'not-found': ['AE', 'SYN113'],
  invalid: ['AE', 'SYN'],
  unprocessable: ['AE', 'SYN113'],
};

export interface Answering {
  readonly id: InstanceId;
  readonly created: Date;
  /** What the sender should know though it was accepted. */
  readonly notes?: readonly AcknowledgementDetail[];
}

export interface Hl7v3Answer {
  readonly xml: string;
  /** How it travels: in a SOAP envelope of this version, or bare. */
  readonly soap: '1.1' | '1.2' | undefined;
  /** A technical fault: the body says nothing of the message itself. */
  readonly fault: boolean;
}

/**
 * @param bytes The message as received. @param problem Why it was not taken; undefined when it
 * was.
 */
export function answerHl7v3(
  bytes: Buffer,
  problem: Problem | undefined,
  own: Answering,
): Hl7v3Answer {
  const received = tryRead(bytes);
  if (received === undefined) {
    const text = problem?.message ?? 'The message could not be read.';
    return { xml: writeSoapFault('Client', text), soap: '1.1', fault: true };
  }
  const { soap } = received;
  if (soap && (problem?.kind === 'busy' || problem?.kind === 'fault')) {
    const xml = writeSoapFault('Server', 'Temporarily unavailable; send again later.', soap);
    return { xml, soap, fault: true };
  }
  const { id, created, notes = [] } = own;
  const [code, detail] = problem ? (CODES[problem.kind] ?? ['AE', 'INTERR']) : ['AA' as const, ''];
  const details: readonly AcknowledgementDetail[] = problem
    ? [{ code: detail, text: problem.message, locations: problem.expression }]
    : notes;
  const xml = writeAcknowledgement({ received, code, details, id, created });
  return { xml, soap, fault: false };
}

/** Of messages under way, for as long as their bytes are held. */
const heads = new WeakMap<Buffer, Received>();

/** A message that was read is not read as a whole again for its answer. */
export function rememberHead(bytes: Buffer, document: SourceNode, root: SourceNode): void {
  heads.set(bytes, receivedOf(document, root, bytes));
}

function tryRead(bytes: Buffer): Received | undefined {
  const known = heads.get(bytes);
  if (known) return known;
  try {
    const document = parseXml(bytes);
    try {
      return receivedOf(document, readTransmission(document).root, bytes);
    } catch {
      return receivedOf(document, undefined, bytes);
    }
  } catch {
    return undefined;
  }
}
