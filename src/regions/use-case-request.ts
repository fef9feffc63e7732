/**
 * A request at the partners' door as its use case sees it: the interaction and the complete set of
 * parameters, from address and form alike. consent.md 5.2 step 0.
 */
import type { FastifyRequest } from 'fastify';
import type { TokenClaims } from '../identity/index.ts';
import { allowsUseCase, grantOfUseCase, type UseCaseRequest } from '../permission/index.ts';
import { Problem } from '../platform/problem.ts';

/**
 * Whether there is consent is decided afterwards, for each resource; here it is only asked whether
 * the request is one of those that the use case has.
 * @throws Problem `forbidden` code `query-not-allowed`: the same whoever the patient is.
 */
export function requireUseCase(
  request: FastifyRequest,
  { useCase, task }: Extract<TokenClaims, { kind: 'partner' }>,
  ura: string,
): void {
  if (useCase === undefined || OWN_NOTICES.test(request.url)) return;
  const asked = requestOf(request);
  if (asked && isNextPage(asked)) return;
  const grant = grantOfUseCase(useCase);
  const allowed =
    asked !== undefined &&
    allowsUseCase(useCase, asked, {
      supported: true,
      consent: true,
      ura,
      grants: task !== undefined && grant !== undefined ? [grant] : [],
      ...patientOf(asked),
    });
  if (allowed) return;
  throw new Problem('forbidden', 'This request is not part of the use case of the token.', {
    code: 'query-not-allowed',
  });
}

/** What was read under any use case and taken back since: whoever read it must hear, and answer. */
const OWN_NOTICES = /^\/regio\/intrekkingen(?:[/?]|$)/;

/** A page is sealed with the parameters of the search that it belongs to. */
const isNextPage = ({ params }: UseCaseRequest): boolean =>
  params.some(([name]) => name === '_cursor') &&
  params.every(([name]) => name === '_cursor' || name === '_format');

const BASE = /^\/fhir\/(r4|stu3)\//;

function requestOf({ url, method, body, headers }: FastifyRequest): UseCaseRequest | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (!BASE.test(pathname)) return undefined;
  const [type = '', second, third] = pathname.replace(BASE, '').split('/');
  // What is asked of all types at once is in no list.
  if (!/^[A-Z]/.test(type)) return undefined;
  const form = typeof body === 'string' && second === '_search' ? new URLSearchParams(body) : [];
  const shared = { type, method, params: [...searchParams, ...form] };
  const isRead = method === 'GET' || method === 'HEAD';
  if (method === 'POST' && second === '_search') return { ...shared, interaction: 'search-type' };
  if (second === undefined && isRead) return { ...shared, interaction: 'search-type' };
  // What a body asks beside the address is not read yet, so nobody can say that it is allowed.
  const sends = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0;
  if (second?.startsWith('$') && sends) return undefined;
  if (second?.startsWith('$')) {
    return { ...shared, interaction: 'operation', operation: second.slice(1) };
  }
  if (second === undefined) return { ...shared, interaction: 'create' };
  if (third?.startsWith('$')) {
    return { ...shared, interaction: 'operation', id: second, operation: third.slice(1) };
  }
  if (third !== undefined) return { ...shared, interaction: 'history', id: second };
  return { ...shared, interaction: isRead ? 'read' : 'update', id: second };
}

const BSN_VALUE = /^http:\/\/fhir\.nl\/fhir\/NamingSystem\/bsn\|(\d{9})$/;

/** The one patient that the parameters name. */
function patientOf({ type, id, params }: UseCaseRequest): { patientId?: string; bsn?: string } {
  for (const [name, value] of params) {
    const bsn = /(^|\.)identifier$/.test(name) ? BSN_VALUE.exec(value)?.[1] : undefined;
    if (bsn !== undefined) return { bsn };
    if (/^(patient|subject)(:Patient)?$/.test(name)) {
      return { patientId: value.replace(/^Patient\//, '') };
    }
  }
  // A read names what it wants; whose that is, is found out afterwards.
  return id === undefined ? {} : { patientId: type === 'Patient' ? id : 'named by the resource' };
}
