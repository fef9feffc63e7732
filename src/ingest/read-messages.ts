/** From bytes to messages, by whichever format knows them; every fault of theirs has a place. */
import { Problem } from '../platform/problem.ts';
import type { MappedMessage, MessageFormat, SenderOverlay } from './format.ts';

export interface ReadHow {
  readonly mediaType: string;
  /** Limits which formats may be read, for instance FHIR only on a FHIR address. */
  readonly formats?: readonly string[];
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
    return { format: format.name, messages: format.read(bytes, overlay, how.mediaType) };
  } catch (error) {
    throw readingProblem(error);
  }
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

function recognise(formats: readonly MessageFormat[], bytes: Buffer, how: ReadHow): MessageFormat {
  const format = formats.find(
    (one) =>
      (how.formats === undefined || how.formats.includes(one.name)) &&
      one.recognise(bytes, how.mediaType),
  );
  if (!format) {
    throw new Problem('unprocessable', 'This is not a message of a format that is accepted here.', {
      code: 'unknown-format',
      expression: ['1'],
    });
  }
  return format;
}
