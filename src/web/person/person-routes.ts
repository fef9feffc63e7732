/** `/mij`: the person's own pages. Log-in with DigiD, and the way to the rest. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PARENTAL } from '../../consent/index.ts';
import type { LoggedIn } from '../../identity/index.ts';
import { ageAt } from '../../permission/index.ts';
import type { Text } from '../../platform/html/language.ts';
import { Problem } from '../../platform/problem.ts';
import { type Admitted, loginRoutes, type Refused } from '../login-routes.ts';
import { createPortal } from '../portal.ts';
import type { WebDoor } from '../web-door.ts';
import { actingRoutes } from './acting-page.ts';
import { appRoutes } from './app-routes.ts';
import { homePage } from './home-page.ts';
import { lookedRoutes } from './looked-routes.ts';
import { mandateRoutes } from './mandates-page.ts';
import { mitzRoutes } from './mitz-page.ts';
import { newsRoutes } from './news-page.ts';
import { noticeRoutes } from './notices-page.ts';
import { questionRoutes } from './question-routes.ts';
import { codeRoutes, quietRoutes } from './quiet-page.ts';
import { recordRoutes } from './record-routes.ts';
import { sentRoutes } from './sent-routes.ts';
import { sharingRoutes } from './sharing-routes.ts';
import { sourceRoutes } from './source-routes.ts';
import { takeAlongRoutes } from './take-along-routes.ts';
import { treatingRoutes } from './treating-page.ts';
import { type Person, type PersonRoutes, personAgent, personRoutes } from './visit.ts';
import { withdrawnRoutes } from './withdrawn-page.ts';

const AGE_YEARS_MIN = 12;

const T = {
  young: {
    nl: 'Bent u jonger dan 12? Dan regelt uw ouder of voogd dit, met de eigen DigiD.',
    en: 'Are you younger than 12? Then your parent or guardian arranges this, with their own DigiD.',
  },
  deceased: {
    nl: 'Inloggen op dit dossier kan niet. Neem contact op met de zorgverlener.',
    en: 'Logging in to this record is not possible. Please contact the care provider.',
  },
} as const satisfies Record<string, Text>;

/** All routes below /mij. */
export function minePages(app: FastifyInstance, door: WebDoor): void {
  const portal = createPortal<Person>(door, 'mij');
  loginRoutes<Person>(app, door, {
    portal,
    settings: door.config.digid,
    scope: 'openid bsn',
    admit: (person, request) => admit(door, person, request),
    agentOf: actingAgent,
    extra: ({ query }) =>
      (query as { voor?: unknown }).voor === 'kind'
        ? { prompt: 'login', representation: PARENTAL }
        : {},
  });
  homePage(app, door, portal);
  codeRoutes(app, door, portal);
  actingRoutes(app, door, portal);
  ownRoutes(personRoutes(app, door, portal));
}

function ownRoutes(pages: PersonRoutes): void {
  sharingRoutes(pages);
  lookedRoutes(pages);
  noticeRoutes(pages);
  newsRoutes(pages);
  withdrawnRoutes(pages);
  questionRoutes(pages);
  appRoutes(pages);
  sentRoutes(pages);
  recordRoutes(pages);
  takeAlongRoutes(pages);
  sourceRoutes(pages);
  treatingRoutes(pages);
  mandateRoutes(pages);
  quietRoutes(pages);
  mitzRoutes(pages);
}

/** From 12 years on a person opens the own record alone; consent.md 10.1. */
async function admit(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Person> | Refused> {
  const bsn = String(person.claims['bsn'] ?? '');
  if (person.claims['representation'] === PARENTAL) return admitParent(door, person, request);
  const vault = /^\d{9}$/.test(bsn) ? await door.consent.own.byBsn(bsn) : undefined;
  const event = {
    class: 'pgo' as const,
    agent: personAgent(vault, request),
    purpose: 'PATRQT',
    ...(vault === undefined ? {} : { patient: vault }),
  };
  const facts = vault === undefined ? {} : await door.consent.own.facts(vault);
  if (facts.deceased) return { admitted: false, reason: 'deceased', text: T.deceased, event };
  const age = ageAt(facts.birthDate, door.clock());
  if (age !== undefined && age < AGE_YEARS_MIN) {
    return { admitted: false, reason: 'age-under-12', text: T.young, event };
  }
  const acr = person.acr === undefined ? {} : { acr: person.acr };
  const proxy = /^\d{9}$/.test(bsn) ? { proxy: door.consent.mandates.proxyOf(bsn) } : {};
  const who = { ...acr, ...proxy, ...(vault === undefined ? {} : { vault }) };
  return { admitted: true, who, event };
}

function actingAgent({ vault, child, proxy }: Person, request: FastifyRequest) {
  if (!child || proxy === undefined) return personAgent(vault, request);
  const behalf = child.vault === undefined ? {} : { onBehalfOf: child.vault };
  return { kind: 'representative' as const, id: proxy, address: request.ip, ...behalf };
}

/**
 * Custody comes from the population register through the same log-in (10.2). The session is for
 * the child alone; whether anything may be seen or decided is asked again at every request, and a
 * child that is not known here looks like one for whom nothing is allowed.
 */
async function admitParent(
  door: WebDoor,
  person: LoggedIn,
  request: FastifyRequest,
): Promise<Admitted<Person> | Refused> {
  const [bsn, number] = [person.claims['bsn'], person.claims['represented_bsn']].map(String);
  if (![bsn, number].every((one) => /^\d{9}$/.test(one ?? '')) || bsn === number) {
    throw new Problem('unauthenticated', 'The representation was not understood.', {
      code: 'representation',
    });
  }
  const vault = await door.consent.own.byBsn(number ?? '');
  const proxy = door.consent.mandates.proxyOf(bsn ?? '');
  const behalf = vault === undefined ? {} : { onBehalfOf: vault };
  return {
    admitted: true,
    who: {
      ...(person.acr === undefined ? {} : { acr: person.acr }),
      proxy,
      child: vault === undefined ? {} : { vault },
    },
    event: {
      class: 'pgo',
      agent: { kind: 'representative', id: proxy, address: request.ip, ...behalf },
      purpose: 'PWATRNY',
      ...(vault === undefined ? {} : { patient: vault }),
    },
  };
}
