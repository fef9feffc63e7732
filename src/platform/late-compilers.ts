/**
 * Schemas of routes, compiled when a route is first used: most of the hundreds of routes wait long
 * for their first request, and compiling all of them was an eighth of the time of a start.
 */
import { AjvCompiler } from '@fastify/ajv-compiler';
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifyServerOptions } from 'fastify';

type Factories = NonNullable<
  NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']
>;

/** What Fastify calls of a validator: the answer, and afterwards what was wrong. */
type Validate = ((data: unknown) => unknown) & { errors?: unknown };

const validators = AjvCompiler();
const serializers = SerializerSelector();

/**
 * The compilers of Fastify itself, each at its first use. A schema that does not compile fails the
 * request that meets it first (500), so each route has to be met by a test.
 */
export const lateCompilers: Factories = {
  buildValidator: ((...parts: Parameters<typeof validators>) => {
    const compile = validators(...parts);
    return (...route: Parameters<typeof compile>) => lateValidator(() => compile(...route));
  }) as typeof validators,
  buildSerializer: (...parts: Parameters<typeof serializers>) => {
    const compile = serializers(...parts);
    return (...route: Parameters<typeof compile>) => {
      let made: ReturnType<typeof compile> | undefined;
      return (data: unknown) => {
        made ??= compile(...route);
        return made(data);
      };
    };
  },
};

function lateValidator(compile: () => Validate): Validate {
  let made: Validate | undefined;
  const validate: Validate = (data) => {
    made ??= compile();
    const result = made(data);
    validate.errors = made.errors;
    return result;
  };
  return validate;
}
