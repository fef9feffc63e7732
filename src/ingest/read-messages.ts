/** From bytes to messages, by whichever format knows them; every fault of theirs has a place. */
import { createHash } from 'node:crypto';
import { Problem } from '../platform/problem.ts';
import type { MappedMessage, MappingIssue, MessageFormat, SenderOverlay, Share } from './format.ts';

export interface ReadHow {
  readonly mediaType: string;
  /** Limits which formats may be read, for instance FHIR only on a FHIR address. */
  readonly formats?: readonly string[];
  /** When it came; now when left out. */
  readonly received?: Date;
}

/** @throws Problem with the place in the message when it cannot be read. */
export function readMessages(
  formats: readonly MessageFormat[],
  bytes: Buffer,
  overlay: SenderOverlay,
  how: ReadHow,
): { format: string; messages: MappedMessage[] } {
  try {
    const format = recognise(formats, bytes, how);
    const parts = format.parts?.(bytes) ?? [];
    const messages =
      parts.length > 1
        ? readParts(format, { whole: bytes, parts }, overlay, how)
        : format.read(bytes, overlay, how.mediaType, how.received);
    return { format: format.name, messages: withEnvelope(format, bytes, messages) };
  } catch (error) {
    throw readingProblem(error);
  }
}

/** The messages, of which the first tells too what does not fit in the envelope around them. */
export function withEnvelope(
  { envelope }: MessageFormat,
  bytes: Buffer,
  messages: MappedMessage[],
): MappedMessage[] {
  const told = envelope?.(bytes) ?? [];
  const [first, ...rest] = messages;
  if (!first || told.length === 0) return messages;
  return [{ ...first, issues: [...first.issues, ...told] }, ...rest];
}

const PARTS_MAX = 10_000;

/** Why one message of a batch waits: it cannot be read as it is. */
const REFUSED_MESSAGE = 'refused-message';

/**
 * A message of a batch that cannot be read does not take the others with it: it waits by itself,
 * with its fault and its place. @throws Problem the first fault, when none can be read.
 */
function readParts(
  format: MessageFormat,
  { whole, parts }: { readonly whole: Buffer; readonly parts: readonly Buffer[] },
  overlay: SenderOverlay,
  { mediaType, received }: ReadHow,
): MappedMessage[] {
  if (parts.length > PARTS_MAX) {
    throw new Problem('too-large', 'Too many messages in one batch.', { expression: ['BHS'] });
  }
  let first: Problem | undefined;
  let good = 0;
  const messages = parts.flatMap((bytes, at): MappedMessage[] => {
    const from = bytes.byteOffset - whole.byteOffset;
    const share: Share = { mediaType, bytes, runs: [{ at: from, from: 0, length: bytes.length }] };
    try {
      const read = format.read(bytes, overlay, mediaType, received);
      good += 1;
      return read.map((message) => ({
        ...message,
        share: message.share ? movedBy(from, message.share) : share,
        issues: inBatch(message.issues, at),
      }));
    } catch (error) {
      const problem = readingProblem(error);
      if (problem.kind === 'fault' || problem.kind === 'busy') throw error;
      first ??= problem;
      return [{ ...refusedPart(format, bytes, problem, at), share }];
    }
  });
  if (good === 0 && first) throw first;
  return messages;
}

/** A share of a message of the batch, by its places in the batch. */
function movedBy(from: number, { runs, ...share }: Share): Share {
  return {
    ...share,
    ...(runs ? { runs: runs.map((run) => ({ ...run, at: run.at + from })) } : {}),
  };
}

const placeIn = (at: number, place: string) => `message ${at + 1}: ${place}`;

const inBatch = (issues: readonly MappingIssue[], at: number): MappingIssue[] =>
  issues.map((issue) => ({ ...issue, place: placeIn(at, issue.place) }));

/** It stays in the original, which can be replayed as a whole after a mend. */
export function refusedPart(
  format: Pick<MessageFormat, 'name'>,
  bytes: Buffer,
  { code, message, expression }: Problem,
  at: number,
): MappedMessage {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const place = placeIn(at, expression[0] ?? '1');
  return {
    format: format.name,
    messageKey: `refused|${at}|${digest}`,
    patient: { identifiers: [], name: [], flags: [] },
    resources: [],
    issues: [{ kind: 'rule', severity: 'error', code, text: message, place }],
    hold: [REFUSED_MESSAGE],
  };
}

/** The fault as the sender hears it: with a place, and not as ours when it nests too deeply. */
export function readingProblem(error: unknown): Problem {
  return placed(tooDeep(error) ?? Problem.from(error));
}

/** The line where reading stopped; whoever cannot say it, says that it is wrong from the start. */
function placed(problem: Problem): Problem {
  if (problem.kind !== 'invalid' || problem.expression.length > 0) return problem;
  const { code, cause, message } = problem;
  const place = /line \d+/.exec(message)?.[0] ?? '1';
  return new Problem('invalid', message, { code, cause, expression: [place] });
}

/** A message nested so deeply that reading it runs out of stack is wrong, not we. */
function tooDeep(error: unknown): Problem | undefined {
  if (!(error instanceof RangeError) || !/call stack/.test(error.message)) return undefined;
  return new Problem('invalid', 'The message is nested too deeply.', {
    code: 'too-deep',
    expression: ['1'],
    cause: error,
  });
}

/** The format that knows such a body, of those that may be read. */
export function recognised(
  formats: readonly MessageFormat[],
  bytes: Buffer,
  how: ReadHow,
): MessageFormat | undefined {
  return formats.find(
    (one) =>
      (how.formats === undefined || how.formats.includes(one.name)) &&
      one.recognise(bytes, how.mediaType),
  );
}

function recognise(formats: readonly MessageFormat[], bytes: Buffer, how: ReadHow): MessageFormat {
  const format = recognised(formats, bytes, how);
  if (!format) {
    throw new Problem('unprocessable', 'This is not a message of a format that is accepted here.', {
      code: 'unknown-format',
      expression: ['1'],
    });
  }
  return format;
}
