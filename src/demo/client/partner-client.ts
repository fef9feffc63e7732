/**
 * A regional partner of the demo: says in its signed assertion why it asks, finds the patient by
 * BSN in the body of a search, and reads. regional-exchange.md 4.3.
 */
import type { Text } from '../../platform/html/language.ts';
import { type SystemClient, systemToken } from './system-token.ts';
import type { Answer } from './trail.ts';

export interface PartnerAsks {
  /** `TREAT`, `ETREAT`, `COC` … */
  readonly purpose: string;
  readonly role?: string;
  readonly person?: string;
  readonly department?: string;
  readonly region?: string;
  readonly emergency?: {
    readonly level: 'urgent' | 'vital';
    readonly reason: string;
    readonly reasonCode?: string;
    readonly patientIncapable?: boolean;
  };
}

export interface PartnerSession {
  readonly client: SystemClient;
  readonly token: string;
}

export interface PartnerView {
  /** Id of the Patient as this partner knows it, or undefined: not known, or not to be known. */
  readonly patient: string | undefined;
  /** Entries per type of resource. */
  readonly counts: Readonly<Record<string, number>>;
  readonly answers: readonly Answer[];
}

const BSN_SYSTEM = 'http://fhir.nl/fhir/NamingSystem/bsn';

const T = {
  token: {
    nl: 'Partner vraagt een token, met doel en rol',
    en: 'Partner asks a token, with purpose and role',
  },
  find: { nl: 'Partner zoekt de patiënt', en: 'Partner looks for the patient' },
} as const;

/** @throws TokenRefused */
export async function openPartner(
  client: SystemClient,
  asks: PartnerAsks,
): Promise<PartnerSession> {
  const { purpose, role, person, department, region, emergency } = asks;
  const b2b = {
    version: '1',
    purpose_of_use: [purpose],
    ...(role === undefined ? {} : { subject_role: role }),
    ...(person === undefined ? {} : { subject_id: person }),
    ...(department === undefined ? {} : { subject_department: department }),
    ...(region === undefined ? {} : { region }),
    ...(emergency === undefined
      ? {}
      : {
          emergency: {
            level: emergency.level,
            reason: emergency.reason,
            reason_code: emergency.reasonCode ?? 'demo',
            patient_incapable: emergency.patientIncapable === true,
          },
        }),
  };
  const token = await systemToken(client, {
    title: T.token,
    claims: { extensions: { 'hl7-b2b': b2b } },
  });
  return { client, token };
}

/** A search by POST: what stands in the body stands in no log of addresses. */
export function partnerSearch(
  session: PartnerSession,
  type: string,
  params: Readonly<Record<string, string>>,
  title: Text,
  version: 'r4' | 'stu3' = 'r4',
): Promise<Answer> {
  const { client, token } = session;
  return client.trail.send(title, `${client.url}/fhir/${version}/${type}/_search`, {
    form: params,
    headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
  });
}

/** A read or search by GET; `path` is below the base. */
export function partnerGet(
  session: PartnerSession,
  path: string,
  title: Text,
  version: 'r4' | 'stu3' = 'r4',
): Promise<Answer> {
  const { client, token } = session;
  return client.trail.send(title, `${client.url}/fhir/${version}/${path}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
  });
}

/** Finds the patient and asks for the given types; without a patient it asks nothing more. */
export async function viewAsPartner(
  session: PartnerSession,
  bsn: string,
  types: readonly string[],
): Promise<PartnerView> {
  const who = `${BSN_SYSTEM}|${bsn}`;
  const found = await partnerSearch(session, 'Patient', { identifier: who }, T.find);
  const patients = entries(found).filter(({ resourceType }) => resourceType === 'Patient');
  const answers = [found];
  const counts: Record<string, number> = { Patient: patients.length };
  for (const type of patients.length === 0 ? [] : types) {
    const title = { nl: `Partner vraagt ${type}`, en: `Partner asks ${type}` };
    // Each holder has a Patient of its own: by the number it is all of them.
    const answer = await partnerSearch(session, type, { 'patient.identifier': who }, title);
    counts[type] = entries(answer).length;
    answers.push(answer);
  }
  return { patient: patients[0]?.id, counts, answers };
}

/** The resources of a searchset that matched; none when the answer is no searchset. */
export function entries(answer: Answer): readonly { resourceType: string; id: string }[] {
  if (answer.status !== 200) return [];
  const { entry } = answer.json<{
    entry?: { resource?: { resourceType: string; id: string }; search?: { mode?: string } }[];
  }>();
  return (entry ?? [])
    .filter(({ search }) => search?.mode !== 'include' && search?.mode !== 'outcome')
    .flatMap(({ resource }) => resource ?? []);
}
