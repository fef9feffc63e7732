/**
 * Before a module has anything, the person sees what it asks, kind by kind, and says yes or no to
 * each (capabilities A14). No log-in: the browser is the one that the module was started in. What
 * was not ticked is not in the scope of the token, which is what the FHIR address goes by.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newFamily } from '../../identity/index.ts';
import { languageOf } from '../../platform/html/language.ts';
import { answerUrl, type FormBody, sendFault, sendPage } from '../authorize-answer.ts';
import { consentEnd } from '../consent-end.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { csrfFits, csrfOf } from '../run-cookie.ts';
import { moduleChoiceScreen } from '../screens/module-screens.ts';
import { written } from './launch.ts';
import {
  MODULE_SECONDS,
  type ModuleChoice,
  type ModuleCode,
  TASK_SERVICE,
} from './module-ground.ts';
import { rightsOf, scopesLeft } from './module-scope.ts';

const KIND = 'module-choice';

/** Types of the FHIR address of a module. */
export const typesOf = (door: MedmijDoor): ReadonlySet<string> =>
  door.diensten.get(TASK_SERVICE)?.readTypes ?? new Set();

const isSecure = (door: MedmijDoor): boolean => door.config.publicUrl.startsWith('https:');

const cookieOf = (door: MedmijDoor): string =>
  isSecure(door) ? '__Host-medmij-module-choice' : 'medmij-module-choice';

/** Keeps the question; the browser carries its handle to the page. */
export async function ask(
  door: MedmijDoor,
  reply: FastifyReply,
  choice: ModuleChoice,
): Promise<void> {
  const seconds = MODULE_SECONDS.choice;
  const options = { kind: KIND, seconds, family: choice.consent } as const;
  const handle = await door.state.put(door.database, choice, options);
  reply.setCookie(cookieOf(door), handle, {
    ...{ path: '/', httpOnly: true, sameSite: 'lax' },
    secure: isSecure(door),
    maxAge: seconds,
  });
}

/** Back to the module, with a code or with an error of RFC 6749 4.1.2.1. */
export function moduleAnswer(
  door: MedmijDoor,
  { redirectUri, state }: Pick<ModuleChoice, 'redirectUri' | 'state'>,
  told: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(told)) url.searchParams.set(name, value);
  return answerUrl(door, url, state === '' ? undefined : state);
}

/** `GET /medmij/module/keuze`: what the module asks. */
export async function showChoice(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const handle = request.cookies[cookieOf(door)] ?? '';
  const open = await door.state.peek<ModuleChoice>(door.database, KIND, handle);
  const module = door.config.modules.find(({ id }) => id === open?.value.module);
  if (!open || !module) return sendFault(door, request, reply.code(400));
  const choice = open.value;
  const [pgo, aanbieder] = await Promise.all([
    door.pgos.byId(choice.client),
    door.organisations.byId(choice.aanbieder),
  ]);
  const page = moduleChoiceScreen(
    { lang: languageOf(request) },
    {
      ...{ csrf: csrfOf(handle), module, isForOther: choice.representative !== undefined },
      ...{ pgo: pgo?.name ?? choice.client, aanbieder: aanbieder?.name ?? '' },
      rights: rightsOf(choice.scopes, typesOf(door)),
    },
  );
  return sendPage(reply, page);
}

/** `POST /medmij/module/keuze`: what it gets of that. */
export async function takeChoice(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  reply: FastifyReply,
) {
  const handle = request.cookies[cookieOf(door)] ?? '';
  if (!csrfFits(handle, request.body?.['csrf'])) return sendFault(door, request, reply.code(403));
  const open = await door.state.take<ModuleChoice>(door.database, KIND, handle);
  if (!open) {
    // A button that was pressed twice leads where it led the first time.
    const spent = await door.state.spent<ModuleChoice>(door.database, KIND, handle);
    const to = spent?.value.ledTo;
    return to ? reply.redirect(to, 302) : sendFault(door, request, reply.code(400));
  }
  const told = await settle(door, request, open.value);
  const to = moduleAnswer(door, open.value, told);
  await door.state.replace(door.database, KIND, handle, { ...open.value, ledTo: to });
  return reply.redirect(to, 302);
}

async function settle(
  door: MedmijDoor,
  request: FastifyRequest<{ Body: FormBody }>,
  choice: ModuleChoice,
): Promise<Record<string, string>> {
  const rights = rightsOf(choice.scopes, typesOf(door)).map(({ name }) => name);
  const { keuze, mag } = request.body ?? {};
  const ticked = new Set([mag ?? []].flat().map(String));
  const allowed = keuze === 'ja' ? rights.filter((name) => ticked.has(name)) : [];
  const refused = rights.filter((name) => !allowed.includes(name)).join(' ');
  const detail = { refused, scope: allowed.join(' ') };
  const ended = await consentEnd(door.database, choice, door.clock());
  if (ended !== undefined || allowed.length === 0) {
    const told = { outcome: 4, reason: ended ?? 'refused-by-person', detail } as const;
    await written(door, request, 'authorize', choice, told);
    return { error: 'access_denied' };
  }
  await written(door, request, 'authorize', choice, { detail });
  const { state: _state, scopes, ledTo: _led, ...ground } = choice;
  const scope = scopesLeft(scopes, typesOf(door), new Set(allowed)).join(' ');
  const kept: ModuleCode = { ...ground, scope, tokens: newFamily() };
  const options = { kind: 'smart-code', seconds: MODULE_SECONDS.code } as const;
  return {
    code: await door.state.put(door.database, kept, { ...options, family: choice.consent }),
  };
}
