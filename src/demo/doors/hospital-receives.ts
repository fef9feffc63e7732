/**
 * The provider's side of what people send, in the demo: it reads what came and decides, or closes
 * its window (capabilities A10). Over the lines that any system of a provider uses.
 */
import type { Text } from '../../platform/html/language.ts';
import {
  openSender,
  type SenderSession,
  setFate,
  setWindow,
  sharedItems,
} from '../client/sender-client.ts';
import type { SystemClient } from '../client/system-token.ts';

const text = (nl: string, en: string): Text => ({ nl, en });

/** Buttons of the hospital that are about what people sent. */
export const RECEIVING = ['lees', 'overnemen', 'sluit', 'open'] as const;

export type Receiving = (typeof RECEIVING)[number];

const READINGS = '53';
const CLOSED = 'Wij lezen deze week geen metingen. Bel ons als het niet goed gaat.';

/** @throws TokenRefused */
export async function playReceiving(client: SystemClient, what: Receiving): Promise<Text> {
  const session = await openSender(client);
  if (what === 'lees') return moveAll(session, 'received', 'opened');
  if (what === 'overnemen') return moveAll(session, 'opened', 'filed');
  await setWindow(session, READINGS, { open: what === 'open', reason: CLOSED });
  return what === 'open'
    ? text('Het ziekenhuis neemt weer metingen aan.', 'The hospital takes readings again.')
    : text(
        'Het ziekenhuis neemt nu geen metingen aan. Stuur er een met de app om te zien hoe dat gaat.',
        'The hospital takes no readings now. Send one with the app to see what happens.',
      );
}

async function moveAll(
  session: SenderSession,
  from: 'received' | 'opened',
  to: 'opened' | 'filed',
): Promise<Text> {
  const ids = await sharedItems(session, from);
  for (const id of ids) await setFate(session, id, to);
  return to === 'opened'
    ? text(
        `Het ziekenhuis opende ${ids.length} zendingen. De patiënt ziet dat bij Wat u stuurde.`,
        `The hospital opened ${ids.length} items. The patient sees that under What you sent.`,
      )
    : text(
        `Het ziekenhuis zette ${ids.length} zendingen in het dossier.`,
        `The hospital put ${ids.length} items into the record.`,
      );
}
