/**
 * Why there is nothing to fetch of a service at a provider (capabilities A5). Told on the person's
 * own pages only; what a source keeps under embargo counts as nothing recorded, so that it does not
 * show before its time (B9).
 */
import type { Text } from '../../platform/html/language.ts';

export type EmptyCause =
  | 'not-connected'
  | 'too-young'
  | 'no-relation'
  | 'not-offered'
  | 'source-down'
  | 'held-back'
  | 'stopped'
  | 'nothing-recorded';

export interface ServiceAtSource {
  readonly isConnected: boolean;
  readonly isOffered: boolean;
  /** The provider knows the person. */
  readonly hasRelation: boolean;
  readonly ageYears: number | undefined;
  readonly isDown: boolean;
  /** Items of the person that wait at the source. */
  readonly waiting: number;
  /** The person ended every consent for this provider. */
  readonly isStopped: boolean;
  /** What can be fetched. */
  readonly items: number;
}

const APP_AGE_YEARS_MIN = 16;

/** @returns undefined when there is something, and nothing stands in its way. */
export function emptyCause(one: ServiceAtSource): EmptyCause | undefined {
  if (!one.isConnected) return 'not-connected';
  if (one.ageYears !== undefined && one.ageYears < APP_AGE_YEARS_MIN) return 'too-young';
  if (!one.hasRelation) return 'no-relation';
  if (!one.isOffered) return 'not-offered';
  if (one.isDown) return 'source-down';
  if (one.items > 0) return one.isStopped ? 'stopped' : undefined;
  return one.waiting > 0 ? 'held-back' : 'nothing-recorded';
}

/** What it means, and what the person can do. */
export const CAUSE_TEXT: Readonly<Record<EmptyCause, Text>> = {
  'not-connected': {
    nl: 'Deze zorgverlener is (nog) niet aangesloten. Vraag de zorgverlener zelf om uw gegevens.',
    en: 'This care provider is not connected (yet). Ask the care provider itself for your data.',
  },
  'too-young': {
    nl: 'U bent jonger dan 16. Ophalen met een app kan vanaf 16 jaar. Hier kunt u wel kijken.',
    en: 'You are younger than 16. Collecting with an app is possible from 16. You can look here.',
  },
  'no-relation': {
    nl: 'Deze zorgverlener stuurde ons niets over u. Bent u daar wel patiënt? Bel dan de zorgverlener.',
    en: 'This care provider sent us nothing about you. Are you a patient there? Then call them.',
  },
  'not-offered': {
    nl: 'Deze zorgverlener biedt dit niet aan.',
    en: 'This care provider does not offer this.',
  },
  'source-down': {
    nl: 'De zorgverlener is nu niet bereikbaar. U ziet wat er eerder kwam. Probeer het later opnieuw.',
    en: 'The care provider cannot be reached now. You see what came before. Try again later.',
  },
  'held-back': {
    nl: 'Er wacht nog iets bij de zorgverlener. U hoeft niets te doen.',
    en: 'Something still waits at the care provider. You need to do nothing.',
  },
  stopped: {
    nl: 'U stopte het ophalen met een app. Geef in de app opnieuw toestemming als u dat wilt.',
    en: 'You stopped collecting with an app. Give consent in the app again if you want to.',
  },
  'nothing-recorded': {
    nl: 'Er staat hier niets over u. Verwachtte u iets? Bel dan de zorgverlener.',
    en: 'Nothing is recorded about you here. Did you expect something? Then call the care provider.',
  },
};
