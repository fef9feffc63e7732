/**
 * What an app is told beside an answer: which source does not answer now, or that not all of it is
 * there yet, and how to ask again for that part alone (capabilities A5, A6). Never why something of
 * the person is not shown.
 */
import type { Organisation } from '../identity/index.ts';
import type { SourceState } from '../ingest/index.ts';
import type { MedmijDoor } from './medmij-door.ts';

export interface SourceNote {
  readonly code: 'source-down' | 'partial';
  readonly text: string;
  /** Of a source that is down. */
  readonly down?: {
    readonly since: Date;
    /** When it expects to be back. */
    readonly until?: Date;
    /** Search parameter that gives what came since, and nothing that the app has. */
    readonly askAgain: string;
  };
}

/** One look at the states that are held in memory; a question only where something waits. */
export async function sourceNotes(
  door: Pick<MedmijDoor, 'sources' | 'waiting'>,
  vault: string,
  organisation: Pick<Organisation, 'id' | 'name'>,
): Promise<SourceNote[]> {
  const { id, name } = organisation;
  const state = await door.sources.of(id);
  const notes: SourceNote[] = [];
  if (state?.downSince) notes.push(downNote(name, state, state.downSince));
  if (state?.hasWaiting) {
    const waiting = await door.waiting(vault);
    if (waiting.some((one) => one.custodian === id)) {
      notes.push({ code: 'partial', text: `Not everything of ${name} is there yet.` });
    }
  }
  return notes;
}

/** A source that is down sends nothing: all that an app lacks came after that. */
function downNote(
  name: string,
  { lastHeard, downUntil }: Pick<SourceState, 'lastHeard' | 'downUntil'>,
  since: Date,
): SourceNote {
  const askAgain = `_lastUpdated=ge${since.toISOString()}`;
  const heard = lastHeard ? ` It last sent data on ${lastHeard.toISOString()}.` : '';
  const back = downUntil ? ` It expects to be back on ${downUntil.toISOString()}.` : '';
  return {
    code: 'source-down',
    text:
      `${name} does not answer since ${since.toISOString()}: this is what it sent before.` +
      `${heard}${back} Once it is back, ${askAgain} gives only what came since.`,
    down: { since, askAgain, ...(downUntil ? { until: downUntil } : {}) },
  };
}
