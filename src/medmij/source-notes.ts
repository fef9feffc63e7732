/**
 * What an app is told beside an answer: that the source does not answer now, or that not all of it
 * is there yet (capabilities A5, A6). Never why something of the person is not shown.
 */
import type { MedmijDoor } from './medmij-door.ts';

export interface SourceNote {
  readonly code: 'source-down' | 'partial';
  readonly text: string;
}

/** One look at the states that are held in memory; a question only where something waits. */
export async function sourceNotes(
  door: Pick<MedmijDoor, 'sources' | 'waiting'>,
  vault: string,
  organisation: string,
): Promise<SourceNote[]> {
  const state = await door.sources.of(organisation);
  const notes: SourceNote[] = [];
  if (state?.downSince) {
    const since = state.lastHeard ? ` It last sent data on ${state.lastHeard.toISOString()}.` : '';
    notes.push({
      code: 'source-down',
      text: `The source does not answer now: this is what it sent before.${since}`,
    });
  }
  if (state?.hasWaiting) {
    const waiting = await door.waiting(vault);
    if (waiting.some((one) => one.custodian === organisation)) {
      notes.push({ code: 'partial', text: 'Not everything of this source is there yet.' });
    }
  }
  return notes;
}
