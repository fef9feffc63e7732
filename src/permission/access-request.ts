/** Who asks for whose data, and why. */
import type { ConsentCategory } from './catalogue.ts';

/** HL7 v3 ActReason codes that the gateway knows as a purpose of use. */
export type Purpose =
  | 'TREAT'
  | 'ETREAT'
  | 'COC'
  | 'PATRQT'
  | 'FAMRQT'
  | 'PWATRNY'
  | 'HRESCH'
  | 'HOPERAT'
  | 'PUBHLTH'
  | 'HMARKT';

/** An organisation as far as a decision needs it; ids are the gateway's own random ids. */
export interface Party {
  readonly id: string;
  /** UZI-register abonneenummer, eight digits, leading zeros kept. */
  readonly ura: string;
  /** National organisation type (OID 2.16.840.1.113883.2.4.15.1060), for instance `Z3`. */
  readonly type: string;
  readonly category: ConsentCategory;
  /** Category it counts under when it asks; by default what the policy says of `category`. */
  readonly recipientCategory?: ConsentCategory;
  /** Regions of which it is an active member at this moment. */
  readonly regions: readonly string[];
  /** It may ask nothing for the time being. */
  readonly suspended?: boolean;
}

export type Actor =
  /** The person whose record it is, through a PGO (`client` names it) or our own pages. */
  | { readonly kind: 'person' }
  /** Somebody who acts for the person; `subject` is a pseudonym. */
  | { readonly kind: 'representative'; readonly subject: string; readonly authority: string }
  /** A professional of a partner organisation. */
  | {
      readonly kind: 'professional';
      readonly organisation: Party;
      /** UZI number or the partner's own user id; absent for a system that acts by itself. */
      readonly person?: string;
      /** RoleCodeNL, for instance `01.015` (GP). */
      readonly role?: string;
      readonly department?: string;
    }
  /** A source system that asks for what it sent itself. */
  | { readonly kind: 'sender'; readonly organisation: Party };

/**
 * Emergency access asked for: the claims of the token, checked for form before any choice is read.
 */
export interface Emergency {
  readonly level: 'urgent' | 'vital';
  readonly patientIncapable: boolean;
  readonly reasonCode: string;
  /** Ten characters or more, typed by the professional. */
  readonly reason: string;
}

export interface AccessRequest {
  /** Request id: the MedMij-Request-ID or X-Request-Id, else one of our own. */
  readonly id: string;
  readonly correlationId: string;
  readonly door: 'medmij' | 'fhir' | 'regions' | 'web' | 'ingest';
  /** Client of the token: hostname of the PGO, id of the partner or sender, `web` for our pages. */
  readonly client: string;
  /** Network address of the client, for the ledger. */
  readonly address: string;
  readonly actor: Actor;
  readonly purpose: Purpose;
  readonly emergency?: Emergency;
  /** On the own pages: the code of quiet mode was typed in this session. */
  readonly quietLifted?: boolean;
  /** A care relation that the professional declares in words; always reviewed afterwards. */
  readonly declaredRelation?: string;
  /** What is given leaves without names only; who asks so carries that out (consent.md 6, 12). */
  readonly nameless?: 'pseudonyms' | 'numbers';
  /** Region the request is made under, when the token names one. */
  readonly region?: string;
  /** Workflow Task the request belongs to (referral, hand-over). */
  readonly task?: string;
  /** Under a Task: digest of the search that is asked, as `searchDigest` makes it. */
  readonly search?: string;
  /**
   * MedMij: the endpoint's aanbieder (organisation id) and gegevensdienst; only its rows are
   * served.
   */
  readonly aanbieder?: string;
  readonly gegevensdienst?: string;
  /** MedMij: the consent that the token was issued under, for the ledger. */
  readonly toestemming?: string;
  /** `jti` or hash of the token, for the ledger; never the token itself. */
  readonly tokenId: string;
}
