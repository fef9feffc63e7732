/** The resource in the body of a request. */
import type { FastifyRequest } from 'fastify';
import { type FhirVersion, formatOf, type Resource, readFhir } from '../conformance/index.ts';
import { Problem } from '../platform/problem.ts';

/**
 * @throws Problem `unsupported-media` for another media type or another FHIR version, `invalid`
 * when the body is not a resource.
 */
export function resourceIn(request: FastifyRequest, version: FhirVersion): Resource {
  const mediaType = request.headers['content-type'] ?? '';
  const format = formatOf(mediaType);
  const named = /fhirversion=["']?([\d.]+)/i.exec(mediaType)?.[1];
  const isOther = named !== undefined && named !== version.mediaVersion;
  if (format === undefined || (isOther && named !== version.fhirVersion)) {
    throw new Problem(
      'unsupported-media',
      `Send application/fhir+json or application/fhir+xml of FHIR ${version.fhirVersion}.`,
    );
  }
  return readFhir(bytesIn(request), { format, version });
}

/** @throws Problem `invalid` code `empty` when there is no body. */
export function bytesIn(request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return request.body;
  throw new Problem('invalid', 'The body is empty.', { code: 'empty' });
}
