/** References say in words what they point at: gegevensdiensten.md, rules of the test scripts. */
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../src/conformance/index.ts';
import type { MappedMessage, MessageFormat } from '../../src/ingest/format.ts';
import { showingReferences } from '../../src/ingest/shown-references.ts';
import { format, ORU_R01, overlay } from './hl7v2/messages.ts';

type Json = Record<string, unknown>;

function readOf(...resources: readonly (readonly [string, Resource])[]): Resource[] {
  const message: MappedMessage = {
    format: 'test',
    messageKey: 'one',
    patient: { identifiers: [], name: [], flags: [] },
    issues: [],
    hold: [],
    resources: resources.map(([fullUrl, resource]) => ({
      ...{ key: fullUrl, fullUrl, resource, version: 'R4' as const },
    })),
  };
  const plain: MessageFormat = { name: 'test', recognise: () => true, read: () => [message] };
  const [read] = showingReferences(plain).read(Buffer.alloc(0), overlay, 'text/plain');
  return read?.resources.map(({ resource }) => resource) ?? [];
}

const DOCTOR: Resource = {
  resourceType: 'Practitioner',
  name: [{ given: ['Eva'], family: 'de Boer' }],
};
const ROLE: Resource = {
  resourceType: 'PractitionerRole',
  practitioner: { reference: 'urn:uuid:doctor' },
};
const subject = (more: Json = {}): Resource => ({
  resourceType: 'Observation',
  performer: [{ reference: 'urn:uuid:role', ...more }],
});

describe('references of a message', () => {
  it('name a person, also through the role in which somebody did it', () => {
    const [, role, result] = readOf(
      ['urn:uuid:doctor', DOCTOR],
      ['urn:uuid:role', ROLE],
      ['urn:uuid:result', subject()],
    );
    const display = 'Eva de Boer';
    expect(role?.['practitioner']).toEqual({ reference: 'urn:uuid:doctor', display });
    expect(result?.['performer']).toEqual([{ reference: 'urn:uuid:role', display }]);
  });

  it('keep the words that the message gives, and the reason why it gives none', () => {
    const said = { display: 'de dienstdoende' };
    const absent = { _display: { extension: [{ url: 'x', valueCode: 'unknown' }] } };
    for (const more of [said, absent]) {
      const [, , result] = readOf(
        ['urn:uuid:doctor', DOCTOR],
        ['urn:uuid:role', ROLE],
        ['urn:uuid:result', subject(more)],
      );
      expect(result?.['performer']).toEqual([{ reference: 'urn:uuid:role', ...more }]);
    }
  });

  it('invent nothing: what is not held, has no name or goes round in a circle stays bare', () => {
    const circle = (other: string): Resource => ({
      resourceType: 'MedicationRequest',
      medicationReference: { reference: other },
    });
    const [first, second, third] = readOf(
      ['urn:uuid:a', circle('urn:uuid:b')],
      ['urn:uuid:b', circle('urn:uuid:a')],
      ['urn:uuid:c', { resourceType: 'Observation', subject: { reference: 'Patient/elsewhere' } }],
    );
    expect(first?.['medicationReference']).toEqual({ reference: 'urn:uuid:b' });
    expect(second?.['medicationReference']).toEqual({ reference: 'urn:uuid:a' });
    expect(third?.['subject']).toEqual({ reference: 'Patient/elsewhere' });
  });

  it('say of what they name by number alone which kind of thing it is', () => {
    const identifier = { system: 'urn:oid:2.999.1', value: '12' };
    const [report, bundle] = readOf(
      [
        'urn:uuid:report',
        {
          resourceType: 'Composition',
          encounter: { type: 'Encounter', identifier },
          author: [{ type: 'Device', identifier }],
          attester: [{ party: { type: 'Practitioner', identifier, display: 'dr. Vis' } }],
        },
      ],
      ['urn:uuid:bundle', { resourceType: 'Bundle', type: 'collection', identifier }],
    );
    expect(report?.['encounter']).toEqual({ type: 'Encounter', identifier, display: 'Contact' });
    expect(report?.['author']).toEqual([{ type: 'Device', identifier }]);
    expect(report?.['attester']).toMatchObject([{ party: { display: 'dr. Vis' } }]);
    expect(bundle).not.toHaveProperty('display');
  });

  it('do not change what the format gave', () => {
    const result = Object.freeze(subject());
    readOf(['urn:uuid:doctor', DOCTOR], ['urn:uuid:role', ROLE], ['urn:uuid:result', result]);
    expect(result).toEqual(subject());
  });

  it('of a laboratory report all name what the report holds', () => {
    const messages = showingReferences(format).read(ORU_R01, overlay, 'x-application/hl7-v2+er7');
    const bare: unknown[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      const { reference, display } = value as Json;
      if (typeof reference === 'string' && display === undefined) bare.push(value);
      for (const one of Object.values(value)) walk(one);
    };
    for (const { resources } of messages) for (const { resource } of resources) walk(resource);
    expect(messages[0]?.resources.length).toBeGreaterThan(3);
    expect(bare).toEqual([]);
  });
});
