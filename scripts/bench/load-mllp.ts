/** HL7 v2 messages over MLLP, one after another on each line; the next follows the answer. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type LoadResult, percentiles } from './load.ts';

export interface MllpPlan {
  readonly kind: 'mllp';
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Sent in turn; `[<id>]` becomes another text in every message. */
  readonly messages: readonly string[];
}

const END = Buffer.of(0x1c, 0x0d);

export async function loadMllp(plan: MllpPlan): Promise<LoadResult> {
  const times: number[] = [];
  const wrong: string[] = [];
  const started = performance.now();
  const end = started + plan.seconds * 1_000;
  const lane = async (number: number) => {
    const socket = connect({ host: '127.0.0.1', port: plan.port, noDelay: true });
    await once(socket, 'connect');
    const name = `${number}${Math.random().toString(36).slice(2, 8)}`;
    for (let nth = number; performance.now() < end; nth += 1) {
      const template = plan.messages[nth % plan.messages.length] ?? '';
      const from = performance.now();
      socket.write(`\x0b${template.replaceAll('[<id>]', `${name}-${nth}`)}\x1c\x0d`);
      const answer = await answerOn(socket);
      if (/\rMSA\|(AA|CA)\|/.test(answer)) times.push(performance.now() - from);
      else wrong.push(answer);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: plan.connections }, (_, number) => lane(number)));
  const seconds = (performance.now() - started) / 1_000;
  return {
    perSecond: Math.round((times.length / seconds) * 10) / 10,
    ...percentiles(times),
    failed: wrong.length,
    ...(wrong[0] === undefined ? {} : { failure: wrong[0].slice(0, 300) }),
  };
}

async function answerOn(socket: ReturnType<typeof connect>): Promise<string> {
  const parts: Buffer[] = [];
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    parts.push(chunk);
    const all = Buffer.concat(parts);
    if (all.includes(END)) return all.toString('utf8');
  }
}
