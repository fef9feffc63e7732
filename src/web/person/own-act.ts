/** A choice that the person makes on the own pages: who, how established, and on which words. */
import { createHash } from 'node:crypto';
import type { ChoiceAct } from '../../consent/index.ts';
import type { Text } from '../../platform/html/language.ts';
import { personAgent, type Visit } from './visit.ts';

const TEXT_VERSION = '2026-1';

/** @param text the words that explain what the choice does, as they were shown. */
export function ownAct({ request, session, vault, language }: Visit, text: Text): ChoiceAct {
  const { acr } = session.who;
  return {
    performers: [{ rel: 'self' }],
    agent: personAgent(vault, request),
    channel: 'portal',
    ...(acr === undefined ? {} : { assurance: acr }),
    text: {
      version: TEXT_VERSION,
      language,
      digest: createHash('sha256').update(text[language]).digest('hex'),
    },
    client: 'web',
    requestId: request.id,
  };
}
