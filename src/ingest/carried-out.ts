/**
 * What an event asks beyond its resources, as what becomes of the resources (source-formats.md
 * 2.8): a cancelled discharge takes the end away, what is taken back keeps what was known of it,
 * and a document that is replaced hears so under its own identity. Merges are done by
 * `person-merge.ts`.
 */
import type { Resource } from '../conformance/index.ts';
import type { MappedMessage, MappedResource, MessageInstruction } from './format.ts';

/** The message with its instructions carried out; the same message when there are none. */
export function carriedOut(message: MappedMessage): MappedMessage {
  const { instructions = [] } = message;
  if (instructions.length === 0) return message;
  const changes = new Map<string, Partial<MappedResource>>();
  const added: MappedResource[] = [];
  for (const one of instructions) {
    if (one.kind === 'cancel' && one.fullUrl !== undefined) {
      changes.set(one.fullUrl, { gone: endedBy(one) });
    } else if (one.kind === 'retract') {
      for (const fullUrl of one.fullUrls) changes.set(fullUrl, takenBack(message, one));
    } else if (one.kind === 'supersede') {
      added.push(superseded(message, one));
    }
  }
  const resources = message.resources.map((mapped) => changed(mapped, changes.get(mapped.fullUrl)));
  return { ...message, resources: [...resources, ...added] };
}

type Instruction<K extends MessageInstruction['kind']> = MessageInstruction & { readonly kind: K };

/** A discharge that did not happen has no end and no destination. */
function endedBy({ what }: Instruction<'cancel'>): readonly string[] {
  return what === 'discharge' ? ['period.end', 'hospitalization.dischargeDisposition'] : [];
}

/** It counts from the moment it was said, not from when the thing itself was made. */
function takenBack(
  { messageTime }: MappedMessage,
  { removed }: Instruction<'retract'>,
): Partial<MappedResource> {
  const when = messageTime === undefined ? {} : { sourceTime: messageTime };
  return removed ? { ...when, deleted: true } : { ...when, partial: true, follows: true };
}

function changed(mapped: MappedResource, change: Partial<MappedResource> | undefined) {
  if (!change) return mapped;
  const made = { ...mapped, ...change };
  if (change.deleted || !change.follows) return made;
  return { ...made, resource: marked(made.resource) };
}

/** A person is never deleted by a message: the record of it is no longer in use. */
function marked(resource: Resource): Resource {
  return resource.resourceType === 'Patient'
    ? { ...resource, active: false }
    : { ...resource, status: 'entered-in-error' };
}

/** What the newer document says of the older one. */
function superseded(
  message: MappedMessage,
  { key, by, identifier }: Instruction<'supersede'>,
): MappedResource {
  const newer = message.resources.find(({ fullUrl }) => fullUrl === by);
  const subject = newer?.resource['subject'];
  const resource: Resource = {
    resourceType: 'DocumentReference',
    masterIdentifier: identifier,
    status: 'superseded',
    ...(subject === undefined ? {} : { subject }),
  };
  const time = message.messageTime ?? newer?.sourceTime;
  return {
    key,
    resource,
    fullUrl: `${by}#superseded`,
    version: 'R4',
    partial: true,
    follows: true,
    ...(time === undefined ? {} : { sourceTime: time }),
  };
}
