/** `/medmij/module`: push, authorize, token and revoke; there only when a module is named. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fromFramework } from '../../platform/framework-problem.ts';
import { languageOf } from '../../platform/html/language.ts';
import { sendFault, sendPage } from '../authorize-answer.ts';
import { formsLeadOn } from '../authorize-routes.ts';
import { TokenFault } from '../issue-tokens.ts';
import type { MedmijDoor } from '../medmij-door.ts';
import { moduleListScreen, rightText } from '../screens/module-screens.ts';
import { exchanged, launchAuthorize, pushed } from './launch.ts';
import { showChoice, takeChoice, typesOf } from './module-choice.ts';
import type { ModuleForm } from './module-form.ts';
import { needed } from './module-form.ts';
import { URN } from './module-ground.ts';
import { rightsOf } from './module-scope.ts';
import {
  moduleAuthorize,
  moduleBase,
  moduleRefresh,
  moduleRevoke,
  moduleToken,
} from './module-session.ts';

const schema = { tags: ['MedMij'], summary: 'Starting a module of a provider (a draft)' } as const;
const BODY_BYTES_MAX = 16_384;

type Post = FastifyRequest<{ Body: ModuleForm | undefined }>;

const GRANTS: Readonly<
  Record<string, (door: MedmijDoor, request: Post, form: ModuleForm) => Promise<object>>
> = {
  [URN.exchange]: exchanged,
  authorization_code: moduleToken,
  refresh_token: moduleRefresh,
};

/** All addresses of the draft; none of them exists while no module is named. */
export async function moduleRoutes(app: FastifyInstance, door: MedmijDoor): Promise<void> {
  if (door.config.modules.length === 0) return;
  const policy = formsLeadOn(door);
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addHook('onSend', async (_request, reply) => {
    reply
      .header('cache-control', 'no-store')
      .header('pragma', 'no-cache')
      .header('referrer-policy', 'no-referrer')
      .header('x-frame-options', 'DENY')
      .header('content-security-policy', policy);
  });
  app.setErrorHandler((error, request, reply) => failed(request, reply, error));
  const options = { schema, bodyLimit: BODY_BYTES_MAX };
  app.post('/medmij/module/par', options, async (request: Post, reply) =>
    reply.code(201).send(await pushed(door, request, request.body ?? {})),
  );
  app.post('/medmij/module/token', options, async (request: Post) => {
    const form = request.body ?? {};
    const grant = GRANTS[needed(form, 'grant_type')];
    if (!grant) throw new TokenFault('unsupported_grant_type', 'This grant_type is not supported.');
    return grant(door, request, form);
  });
  app.post('/medmij/module/revoke', options, async (request: Post, reply) => {
    await moduleRevoke(door, request, request.body ?? {});
    return reply.code(200).send();
  });
  app.get('/medmij/module/authorize', { schema }, async (request, reply) => {
    const params = new URL(request.url, door.config.publicUrl).searchParams;
    if (params.has('request_uri')) return launchAuthorize(door, request, reply, params);
    if (params.has('launch')) return moduleAuthorize(door, request, reply, params);
    return sendFault(door, request, reply.code(400));
  });
  app.get('/medmij/module/keuze', { schema }, (request, reply) => showChoice(door, request, reply));
  app.post('/medmij/module/keuze', options, (request: Post, reply) =>
    takeChoice(door, request, reply),
  );
  app.get('/medmij/modules', { schema }, (request, reply) => catalogue(door, request, reply));
  app.get<{ Params: { aanbieder: string } }>(
    '/medmij/module/:aanbieder/fhir/.well-known/smart-configuration',
    { schema },
    async (request) => {
      const aanbieder = await door.organisations.byAanbieder(request.params.aanbieder);
      const issuer = await moduleBase(door, aanbieder?.id ?? '');
      const at = `${door.config.publicUrl}/medmij/module`;
      return {
        issuer,
        authorization_endpoint: `${at}/authorize`,
        token_endpoint: `${at}/token`,
        revocation_endpoint: `${at}/revoke`,
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        code_challenge_methods_supported: ['S256'],
        response_types_supported: ['code'],
        capabilities: ['launch-ehr', 'client-confidential-symmetric', 'context-ehr-patient'],
      };
    },
  );
}

/** Open to anybody: what each module may ask for; for an app as JSON. */
function catalogue(door: MedmijDoor, request: FastifyRequest, reply: FastifyReply) {
  const { modules } = door.config;
  if (!/\bapplication\/json\b/.test(request.headers.accept ?? '')) {
    const screen = { lang: languageOf(request) };
    return sendPage(reply, moduleListScreen(screen, modules, typesOf(door)));
  }
  return reply.send({
    modules: modules.map(({ id, name, about, scopes }) => ({
      client_id: id,
      name,
      ...(about ? { about } : {}),
      scopes: rightsOf(scopes, typesOf(door)).map((right) => ({
        scope: right.name,
        text: rightText(right),
      })),
    })),
  });
}

function failed(request: FastifyRequest, reply: FastifyReply, error: unknown) {
  if (error instanceof TokenFault) {
    if (error.status === 401) reply.header('www-authenticate', 'Basic realm="medmij"');
    return reply.code(error.status).send({ error: error.error, error_description: error.message });
  }
  const problem = fromFramework(error);
  if (problem.kind === 'fault') request.log.error({ err: error }, 'fault at the module interface');
  if (problem.kind === 'busy') reply.header('retry-after', '5');
  const status = { busy: 503, fault: 500, 'too-large': 413, 'unsupported-media': 415 }[
    problem.kind as string
  ];
  const name = status === 503 ? 'temporarily_unavailable' : 'invalid_request';
  return reply.code(status ?? 400).send({ error: name, error_description: problem.message });
}
