/**
 * The MLLP line joined to the way in: every message is received, and the answer follows the
 * commit.
 */
import { randomUUID } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { Problem } from '../../platform/problem.ts';
import type { Sender } from '../handling.ts';
import type { Receipt } from '../receipt.ts';
import type { Incoming } from '../receive.ts';
import { acknowledge, sendingNames } from './ack.ts';
import { type LineNames, listenMllp, type MllpLimits, type MllpLine } from './listener.ts';

export interface StartMllpOptions {
  readonly port: number;
  readonly host?: string;
  readonly tls?: TlsOptions;
  identify(names: LineNames): Promise<Sender | undefined>;
  receive(incoming: Incoming): Promise<Receipt>;
  refusedSender?(address: string): void;
  readonly limits?: Partial<MllpLimits>;
  readonly log: { warn(details: object, text: string): void };
}

export function startMllp(options: StartMllpOptions): Promise<MllpLine> {
  const { receive, ...line } = options;
  return listenMllp<Sender>({
    ...line,
    readName: sendingNames,
    refuse: (message, problem, sender) => answersTo(message, problem, sender),
    async handle(message, sender, { address }) {
      const requestId = randomUUID();
      try {
        await receive({
          sender,
          channel: 'mllp',
          mediaType: 'application/hl7-v2',
          bytes: message,
          address,
          requestId,
          formats: ['hl7v2'],
        });
        return answersTo(message, undefined, sender);
      } catch (error) {
        const problem = Problem.from(error);
        if (problem.kind === 'fault')
          options.log.warn({ err: error, requestId }, 'a message failed');
        const answers = answersTo(message, problem, sender);
        // Who asked for no answer may hear nothing of what is wrong; what is lost is another thing.
        return isOurs(problem) && answers?.length === 0 ? undefined : answers;
      }
    },
  });
}

/** It was not kept, for no fault of the message: the closed line is all that says so. */
const isOurs = ({ kind }: Problem) => kind === 'busy' || kind === 'fault';

function answersTo(message: Buffer, problem: Problem | undefined, sender: Sender | undefined) {
  return acknowledge(message, problem, {
    ...(sender ? { overlay: sender.overlay } : {}),
    now: new Date(),
    newControlId: () => randomUUID().replaceAll('-', '').slice(0, 20),
  });
}
