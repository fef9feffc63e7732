/**
 * What every message format gives to the way in: bytes of one sender in, nl-core resources per
 * person out. A format is pure: no database, no clock, no network, so the same bytes always become
 * the same.
 */
import type { Coding, FhirPathOperation, Identifier, Resource } from '../conformance/index.ts';

/** How a sender writes, and what its local names mean: `profiles/mappings/senders/<id>.yaml`. */
export interface SenderOverlay {
  /** The sender's registration. It is part of every identity, so two senders never share an id. */
  readonly id: string;
  /** IANA zone of wall-clock times that carry no offset. */
  readonly zone: string;
  /** Character set when the message names none (MSH-18 empty). */
  readonly charset: Charset;
  /** Delimiters to expect where MSH-1 and MSH-2 are unusable. Seldom needed. */
  readonly delimiters?: string;
  /** `as-asked` follows MSH-15 and MSH-16. */
  readonly acknowledge: 'as-asked' | 'original' | 'enhanced';
  /** Where systems of local codes and numbers live: the name of the table is added to it. */
  readonly base: string;
  /** Assigning authority (or `authority|type`) to identifier system. */
  readonly authorities: Readonly<Record<string, string>>;
  /** Coding system name as the sender writes it to its URI. */
  readonly codeSystems: Readonly<Record<string, string>>;
  /** Translation of local codes, `table|code` to what is added beside the code. */
  readonly codes: Readonly<Record<string, readonly Coding[]>>;
  /** Unit text to UCUM code. */
  readonly units: Readonly<Record<string, string>>;
  /** Processing ids (MSH-11, processingCode) that may reach the store. */
  readonly processing: readonly string[];
  /** Ids of rules or fields that do not apply to this sender. */
  readonly off: readonly string[];
  /**
   * What happens to a resource whose subject code is the sender's own and untranslated: `keep` it as
   * it is, let that item wait (`hold-item`), or the whole message (`hold-message`). All are counted.
   */
  readonly unknownCodes: 'keep' | 'hold-item' | 'hold-message';
  /** What waits where the sender denies something that no rule reads: the item, or all of it. */
  readonly unreadDenials: 'hold-item' | 'hold-message';
  /** Beginnings of code system addresses that are the sender's own, beside those under `base`. */
  readonly localSystems: readonly string[];
  /**
   * How long a kind of result stays with the sender before anybody sees it: `Type` or
   * `Type/category` to an ISO 8601 duration in days, hours and minutes (capabilities B9).
   */
  readonly delays: Readonly<Record<string, string>>;
  /**
   * Rule tables of the sender's own, for instance for its Z-segments. Same shape as a table file.
   */
  readonly tables: readonly unknown[];
}

export type Charset =
  | 'utf-8'
  | 'iso-8859-1'
  | 'iso-8859-15'
  | 'windows-1252'
  | 'cp437'
  | 'cp850'
  | 'ascii';

/**
 * `mapped` and `ignored` explain, `unread` is a value nobody took, `rule` is what a rule objected
 * to.
 */
export interface MappingIssue {
  readonly kind: 'mapped' | 'ignored' | 'unread' | 'rule';
  readonly severity: 'information' | 'warning' | 'error';
  /** Stable machine code in kebab case. */
  readonly code: string;
  /** For people. Never a value from the message. */
  readonly text: string;
  /** Source position: `PID-3[1].1` or an XPath. */
  readonly place: string;
  readonly rule?: string;
}

/** What the message says about the person. Whether it is true is decided by the way in. */
export interface PatientClaim {
  readonly identifiers: readonly Identifier[];
  readonly birthDate?: string;
  readonly name: readonly unknown[];
  readonly gender?: string;
  /** For instance `bsn-unverified`, `bsn-missing`, `identity-unknown`. */
  readonly flags: readonly string[];
  /** `fullUrl` of the Patient among the resources, when there is one. */
  readonly fullUrl?: string;
}

export interface MappedResource {
  /** Stable over resends of the same fact by the same sender. */
  readonly key: string;
  /** References to others in the message are `urn:uuid:` and equal their `fullUrl`. */
  readonly resource: Resource;
  readonly fullUrl: string;
  /** Which entry of a pushed bundle it came from: a bundle about several people is parted. */
  readonly entry?: number;
  readonly version: 'R4' | 'STU3';
  /** The id that the sender itself gave (a PUT): kept, in the name space of its organisation. */
  readonly clientId?: string;
  /** The sender takes the resource back (a DELETE): it becomes a tombstone. */
  readonly deleted?: boolean;
  /** The sender changes what it sent before (a PATCH): `resource` is the Parameters as it came. */
  readonly patch?: {
    readonly type: string;
    readonly operations: readonly FhirPathOperation[];
    readonly place: string;
  };
  /** What goes along to name a person or party: written only when it is not there yet. */
  readonly onlyIfAbsent?: boolean;
  /** Only when this is the current version; 0: only when there is none. */
  readonly ifVersion?: { readonly version: number; readonly place: string };
  /** An update that only speaks of what it names: elements that it leaves out stay as they were. */
  readonly partial?: boolean;
  /** Elements that a partial update takes away, `period.end`: said at its time, like a value. */
  readonly gone?: readonly string[];
  /** Elements of a partial update that give way to whatever is there. */
  readonly hints?: readonly string[];
  /**
   * It speaks of what was sent before. Where that is not there yet, this is kept unseen, and
   * counts when it comes.
   */
  readonly follows?: boolean;
  /**
   * Its number does not tell it from another of the same code; the moment may. `own`: that is not
   * the one of the whole order.
   */
  readonly apart?: { readonly own: boolean };
  /** Why this one waits while the rest of the message is stored. */
  readonly waits?: string;
  /** When the source last changed it, for the rule that old content never overwrites new. */
  readonly sourceTime?: string;
}

/**
 * What an event asks of the record beyond the resources themselves. The mapping says what is
 * meant; whether and how it is done is for the way in.
 */
export type MessageInstruction =
  /** Two numbers are one person (ADT A40 and its kin): the old ones go on under the new ones. */
  | {
      readonly kind: 'merge';
      /** `person`: A18, A30, A40; `number`: the same person gets another number, A36, A47. */
      readonly of: 'person' | 'number';
      /** Numbers that end (MRG-1), with the place they stand. */
      readonly from: readonly Identifier[];
      /** Numbers that go on (PID-3). */
      readonly into: readonly Identifier[];
      /** `fullUrl` of the Patient that ends and of the one that goes on. */
      readonly fromUrl?: string;
      readonly intoUrl?: string;
      readonly place: string;
    }
  /** An earlier event did not happen: A11, A12, A13, A27, A38 and their kin. */
  | {
      readonly kind: 'cancel';
      readonly what: 'admission' | 'transfer' | 'discharge' | 'planned';
      /** `fullUrl` of the Encounter; a cancelled discharge opens it again, so its end goes. */
      readonly fullUrl?: string;
      readonly place: string;
    }
  /** The sender takes these back: A23, A29, MDM T11, OBX-11 D or W. The trail stays. */
  | {
      readonly kind: 'retract';
      readonly fullUrls: readonly string[];
      /** It was another person's (OBX-11 W): nothing of it stays in view. */
      readonly removed?: boolean;
      readonly place: string;
    }
  /** A document takes the place of an earlier one, which is then superseded: MDM T09, T10. */
  | {
      readonly kind: 'supersede';
      readonly identifier: Identifier;
      readonly by: string;
      /** Key of the document that is superseded, as its own message made it. */
      readonly key: string;
      readonly place: string;
    };

/** One person's part of what came for several; it can be read by itself. */
export interface Share {
  readonly mediaType: string;
  readonly bytes: Buffer;
  /**
   * Which of its bytes stood where in the message as it came; what is in several is told by one.
   */
  readonly runs?: readonly Run[];
  /** What stood between the parts and is in none: white space and commas. */
  readonly between?: readonly { readonly at: number; readonly text: string }[];
}

/** So many bytes of a share from one place in it on, and where they stood in the message. */
export interface Run {
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

export interface MappedMessage {
  /** For instance `hl7v2 ORU^R01`. */
  readonly format: string;
  /** De-duplication key within the sender. */
  readonly messageKey: string;
  readonly messageTime?: string;
  readonly patient: PatientClaim;
  readonly resources: readonly MappedResource[];
  readonly issues: readonly MappingIssue[];
  /** Merges, cancellations and retractions that the message asks for, in their order. */
  readonly instructions?: readonly MessageInstruction[];
  /** Reasons, visible in the message itself, why it must wait for a person to decide. */
  readonly hold: readonly string[];
  /** This person's part of a message about several: what is kept with the person's record. */
  readonly share?: Share;
  /** The original of this message alone, when it was parted from a delivery before. */
  readonly keptAs?: string;
  /** P production, T training, D debugging. */
  readonly processing?: string;
}

export interface MessageFormat {
  readonly name: string;
  /** True when the bytes look like this format. Looks at the beginning only; never throws. */
  recognise(bytes: Buffer, mediaType?: string): boolean;
  /**
   * The messages of a batch, each as it can be read by itself; absent, or one: it is read whole.
   */
  parts?(bytes: Buffer): readonly Buffer[];
  /**
   * For each message of a body, by its key, a digest of what it says: the same in any envelope.
   */
  contents?(bytes: Buffer, overlay: SenderOverlay): ReadonlyMap<string, string>;
  /** What does not fit in the envelope around the messages, with its place. */
  envelope?(bytes: Buffer): readonly MappingIssue[];
  /** Compiles what a sender's file adds. @throws SyntaxError when it does not fit. */
  prepare?(overlay: SenderOverlay): void;
  /**
   * One per person and message. @param received when it came, now when left out: years in two
   * digits lie around it, so that they mean the same whenever it is read again.
   * @throws Problem whose `expression` is the source place.
   */
  read(bytes: Buffer, overlay: SenderOverlay, mediaType?: string, received?: Date): MappedMessage[];
}
