/** The resource in the body of a request. */
import type { FastifyRequest } from 'fastify';
import { type FhirVersion, formatOf, type Resource, readFhir } from '../conformance/index.ts';
import { LARGE_BYTES } from '../platform/large-turns.ts';
import { letGoOf } from '../platform/let-go.ts';
import { Problem } from '../platform/problem.ts';

/**
 * Reads the body once: a large one is given back afterwards.
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
  const bytes = bytesIn(request);
  const resource = readFhir(bytes, { format, version });
  // It does not lie beside what was read of it (0801).
  if (bytes.length > LARGE_BYTES) letGoOf(bytes);
  return resource;
}

/** @throws Problem `invalid` code `empty` when there is no body. */
export function bytesIn(request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return request.body;
  throw new Problem('invalid', 'The body is empty.', { code: 'empty' });
}
