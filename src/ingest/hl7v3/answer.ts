/**
 * From the outcome of a delivery to the answer that an HL7v3 sender waits for (source-formats
 * 7.1).
 */
import type { Problem, ProblemKind } from '../../platform/problem.ts';
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
}

/**
 * @param bytes The message as received. @param problem Why it was not taken; undefined when it
 * was.
 */
export function answerHl7v3(bytes: Buffer, problem: Problem | undefined, own: Answering): string {
  const received = tryRead(bytes);
  if (received === undefined) {
    return writeSoapFault('Client', problem?.message ?? 'The message could not be read.');
  }
  if (problem?.kind === 'busy' || problem?.kind === 'fault') {
    if (received.soap)
      return writeSoapFault('Server', 'Temporarily unavailable; send again later.');
  }
  const [code, detail] = problem ? (CODES[problem.kind] ?? ['AE', 'INTERR']) : ['AA' as const, ''];
  const details: AcknowledgementDetail[] = problem
    ? [{ code: detail, text: problem.message, locations: problem.expression }]
    : [];
  return writeAcknowledgement({ received, code, details, ...own });
}

function tryRead(bytes: Buffer): Received | undefined {
  try {
    const document = parseXml(bytes);
    try {
      return receivedOf(document, readTransmission(document).root);
    } catch {
      return receivedOf(document, undefined);
    }
  } catch {
    return undefined;
  }
}
