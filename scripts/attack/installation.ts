/** What is attacked: an installation of the gateway, with clients that have valid keys there. */
import type { Regions } from './judge.ts';
import type { Answer, Line } from './line.ts';
import type { Json, World } from './world.ts';

/** An organisation that has a client at the installation. */
export interface Member {
  /** Name in worlds. */
  readonly name: string;
  /** Id of the organisation at the gateway. */
  readonly organisation: string;
  readonly ura: string;
  readonly client: string;
  /** National organisation type. */
  readonly type: string;
  readonly category: string;
  /** The category under which it asks. */
  readonly asksAs: string;
  readonly regions: readonly string[];
}

/** Ids that the gateway gave, by key of the item; `patient:HOLDER` and `binary:KEY` as well. */
export type Ids = ReadonlyMap<string, string>;

export interface Installation {
  readonly line: Line;
  /** Public address, as assertions name it. */
  readonly url: string;
  /** Where it is reached. */
  readonly address: string;
  readonly holders: readonly Member[];
  readonly partners: readonly Member[];
  readonly regions: Regions;
  readonly rules: 'all' | 'cells';
  /** A token by the front door: private_key_jwt with these claims. */
  token(client: string, claims: Json): Promise<string>;
  /** Answer of the token endpoint to these claims, good or bad. */
  tokenAnswer(client: string, claims: Json, change?: TokenChange): Promise<Answer>;
  /** Makes the patient's choices; the ids are those that instances are named by. */
  choose(world: World, ids: Ids): Promise<void>;
  /** Ends every choice. */
  withdrawAll(world: World): Promise<void>;
  /**
   * A session of the person's app, or of whoever acts with this authority; its token is asked with
   * again and again. Only where sessions can be made without a log-in.
   */
  askAsApp?(world: World, holder: Member, authority?: string): Promise<() => Promise<Answer>>;
  close(): Promise<void>;
}

/** What a forger would try. */
export interface TokenChange {
  /** Signs with the key of another client. */
  readonly signAs?: string;
  readonly subject?: string;
  readonly audience?: string;
  readonly jti?: string;
}

/** The claims of an assertion, as `hl7-b2b` extension. */
export function claimsOf(asker: {
  readonly purpose: string;
  readonly person?: string;
  readonly role?: string;
  readonly department?: string;
  readonly region?: string;
  readonly task?: string;
  readonly emergency?: { readonly level: string; readonly patientIncapable: boolean };
}): Json {
  const { purpose, person, role, department, region, task, emergency } = asker;
  const said: Record<string, unknown> = {
    version: '1',
    purpose_of_use: [purpose],
    subject_id: person,
    subject_role: role,
    subject_department: department,
    region,
    task,
    ...(emergency
      ? {
          emergency: {
            level: emergency.level,
            patient_incapable: emergency.patientIncapable,
            reason_code: 'BEWUSTELOOS',
            reason: 'niet aanspreekbaar na een val op straat',
          },
        }
      : {}),
  };
  for (const [name, value] of Object.entries(said)) if (value === undefined) delete said[name];
  return { extensions: { 'hl7-b2b': said } };
}
