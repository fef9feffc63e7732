/**
 * What a source says of a moment that is still to come does not count as later than all that it
 * says after it: with a clock that was wrong for one message, nothing would ever replace that one.
 */
import type { MappedMessage } from './format.ts';

/** The finding that tells of it. */
export const TIME_AHEAD = 'time-ahead';

/** Clocks of senders differ, and some write the end of the day. */
const AHEAD_MS_MAX = 24 * 60 * 60_000;

/** The message, with what lies ahead of when it came counted by its arrival, and told. */
export function countedByArrival(message: MappedMessage, received: Date): MappedMessage {
  const latest = received.getTime() + AHEAD_MS_MAX;
  const isAhead = (time: string | undefined) => time !== undefined && Date.parse(time) > latest;
  if (!message.resources.some(({ sourceTime }) => isAhead(sourceTime))) return message;
  const resources = message.resources.map((one) => {
    if (!isAhead(one.sourceTime)) return one;
    const { sourceTime: _ahead, ...rest } = one;
    return rest;
  });
  const issue = {
    kind: 'rule',
    severity: 'warning',
    code: TIME_AHEAD,
    text: 'The time of the message is still to come: it counts from when it was received.',
    place: message.format.startsWith('hl7v2') ? 'MSH-7' : '1',
  } as const;
  return { ...message, resources, issues: [issue, ...message.issues] };
}
