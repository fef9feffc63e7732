/** The words of the sender's pages. */
import type { DeliveryRow } from '../../ingest/index.ts';
import type { Text } from '../../platform/html/language.ts';

const t = (nl: string, en: string): Text => ({ nl, en });

export const STATES: Readonly<Record<DeliveryRow['state'], Text>> = {
  received: t('ontvangen, nog niet verwerkt', 'received, not handled yet'),
  accepted: t('verwerkt', 'accepted'),
  held: t('wacht', 'waits'),
  refused: t('geweigerd', 'refused'),
};

export const SENDER = {
  title: t('Verzonden berichten', 'Messages sent'),
  intro: t(
    'Voor beheerders van systemen die gegevens sturen. U ziet de berichten van uw eigen organisatie.',
    'For those who run systems that send data. You see the messages of your own organisation.',
  ),
  login: t('Inloggen met twee factoren', 'Log in with two factors'),
  refused: t(
    'Deze inlog geeft hier geen toegang: nodig is de rol sender van een aangesloten organisatie.',
    'This log-in gives no access here: the role sender of a connected organisation is needed.',
  ),
  noSystems: t(
    'Uw organisatie heeft hier geen zendende systemen.',
    'Your organisation has no sending systems here.',
  ),
  today: t('Vandaag', 'Today'),
  nothing: t('Vandaag kwam er nog niets.', 'Nothing came today yet.'),
  waiting: t('Wat wacht', 'What waits'),
  noneWaits: t('Er wacht niets.', 'Nothing waits.'),
  received: t('Ontvangen', 'Received'),
  format: t('Soort', 'Format'),
  channel: t('Lijn', 'Line'),
  state: t('Stand', 'State'),
  reasons: t('Waarom', 'Why'),
  delivery: t('Bericht', 'Message'),
  look: t('Bekijk', 'Look'),
  system: t('Systeem', 'System'),
  receiptId: t('Nummer van ontvangst', 'Receipt id'),
  replay: t('Probeer opnieuw', 'Try again'),
  replayed: t('Het bericht is opnieuw verwerkt.', 'The message was handled again.'),
  stillWrong: t('Het bericht klopt nog steeds niet.', 'The message is still not right.'),
  back: t('Terug', 'Back'),
  items: t('Wat het werd', 'What it became'),
  item: t('Onderdeel', 'Item'),
  version: t('Versie', 'Version'),
  outcome: t('Uitkomst', 'Outcome'),
  issues: t('Opmerkingen', 'Remarks'),
  place: t('Plaats in het bericht', 'Place in the message'),
  severity: t('Ernst', 'Severity'),
  issue: t('Opmerking', 'Remark'),
} as const;
