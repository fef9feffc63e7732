/**
 * An HL7v3 sender waits for HL7v3: an acknowledgement in a message of its own, in SOAP when the
 * question came in SOAP (source-formats 7.1). Who asks for JSON gets the receipt instead.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { outcomeOf, R4 } from '../conformance/index.ts';
import { fromFramework } from '../platform/framework-problem.ts';
import { Problem } from '../platform/problem.ts';
import type { AcknowledgementDetail } from './hl7v3/acknowledgement.ts';
import { type Answering, answerHl7v3, type Hl7v3Answer } from './hl7v3/answer.ts';
import { beginningOf } from './hl7v3/decode.ts';
import type { Receipt } from './receipt.ts';

/** How far into a body a message may start telling what it is. */
const LOOK_BYTES = 65_536;
/** Issues named in one acknowledgement. */
const DETAILS_MAX = 20;

const INTERACTION = /<([\w.-]+:)?[A-Z]{4}_IN\d{6}/;

/** A message with its transmission wrapper: only that has an id to answer to. */
export function asksHl7v3(request: FastifyRequest, body: Buffer): boolean {
  if (/json/i.test(request.headers.accept ?? '')) return false;
  const text = beginningOf(body, LOOK_BYTES);
  return text.includes('urn:hl7-org:v3') && INTERACTION.test(text);
}

/**
 * Carries out `receive` and answers in HL7v3 whatever comes of it. An outage is 503 with
 * Retry-After; an application answer in SOAP is 200, as SOAP wants, also when it says no.
 */
export async function replyInHl7v3(
  reply: FastifyReply,
  body: Buffer,
  receive: () => Promise<Receipt>,
): Promise<FastifyReply> {
  const own = { id: { root: randomUUID().toUpperCase() }, created: new Date() };
  try {
    const receipt = await receive();
    if (receipt.state === 'refused') {
      throw new Problem('unprocessable', 'This delivery was taken back; it is not tried again.');
    }
    const notes = notesOf(receipt);
    return send(reply, receipt.state === 'accepted' ? 200 : 202, body, undefined, {
      ...own,
      notes,
    });
  } catch (error) {
    const problem = fromFramework(error);
    if (problem.kind === 'fault') reply.log.error({ err: error }, 'fault on the way in');
    if (problem.retryAfterSeconds !== undefined) {
      reply.header('retry-after', String(problem.retryAfterSeconds));
    }
    return send(reply, outcomeOf(problem, R4).status, body, problem, own);
  }
}

function send(
  reply: FastifyReply,
  status: number,
  body: Buffer,
  problem: Parameters<typeof answerHl7v3>[1],
  own: Answering,
): FastifyReply {
  const answer = answerHl7v3(body, problem, own);
  return reply
    .code(statusOf(answer, status))
    .header('cache-control', 'no-store')
    .type(`${answer.soap === '1.2' ? 'application/soap+xml' : 'text/xml'}; charset=utf-8`)
    .send(answer.xml);
}

const statusOf = ({ soap, fault }: Hl7v3Answer, status: number): number =>
  soap !== undefined && !fault ? 200 : status;

/** Why it waits, and what its maker should know of it. */
function notesOf(receipt: Receipt): AcknowledgementDetail[] {
  const waits = receipt.reasons.map(
    (reason): AcknowledgementDetail => ({
      type: 'I',
      code: reason,
      text: 'Accepted; it waits for this reason.',
      locations: [],
    }),
  );
  const warned = receipt.issues
    .filter((issue) => issue.severity !== 'information')
    .map(
      (issue): AcknowledgementDetail => ({
        type: 'W',
        code: issue.code,
        text: issue.text,
        locations: [issue.place],
      }),
    );
  return [...(receipt.state === 'held' ? waits : []), ...warned].slice(0, DETAILS_MAX);
}
