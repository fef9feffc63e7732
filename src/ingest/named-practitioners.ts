/**
 * Messages in R4 point at the PractitionerRole of whoever did something; STU3 points at the person
 * and names the role beside it. So that the STU3 face can do so without looking anything up, the
 * person of each role in the message is named beside the references to it.
 */
import { type Resource, withPractitioners } from '../conformance/index.ts';
import type { MappedMessage, MessageFormat } from './format.ts';

/** The same format, with the Practitioner named beside every role that a message holds. */
export function namingPractitioners(format: MessageFormat): MessageFormat {
  return {
    ...format,
    read: (...asked: Parameters<MessageFormat['read']>) => format.read(...asked).map(named),
  };
}

function named(message: MappedMessage): MappedMessage {
  const roles = new Map<string, Resource>();
  for (const { fullUrl, resource, version } of message.resources) {
    if (version === 'R4' && resource.resourceType === 'PractitionerRole') {
      roles.set(fullUrl, resource);
    }
  }
  if (roles.size === 0) return message;
  const resources = message.resources.map((one) =>
    one.version === 'R4'
      ? { ...one, resource: withPractitioners(one.resource, (reference) => roles.get(reference)) }
      : one,
  );
  return { ...message, resources };
}
