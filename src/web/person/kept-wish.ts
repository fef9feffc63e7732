/**
 * What somebody wants to change, sealed in the session between the form and its preview: so the
 * preview has an address of its own, and Back or a reload asks for no form again.
 */
import type { FastifyReply } from 'fastify';
import { field } from '../portal.ts';
import { sharingBase, type Visit } from './visit.ts';

/** Every field that a form about sharing has, but the anti-forgery value. */
const FIELDS = [
  ...['wens', 'id', 'van', 'aan', 'keuze', 'gegevens', 'tot', 'doel', 'regel'],
  ...['onderdeel', 'bezoek', 'onderwerp', 'gegevensVan', 'gegevensTot'],
];

export interface KeptWish {
  /** The pages it was made on: a wish for oneself is none for somebody else. */
  readonly base: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Keeps the wish of the form that was sent, and leads to its preview. */
export async function keepWish(visit: Visit): Promise<FastifyReply> {
  const { request, reply, session } = visit;
  const base = sharingBase(visit);
  const fields = Object.fromEntries(
    FIELDS.flatMap((name) => {
      const value = field(request.body, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  await session.keep({ ...session.who, wish: { base, fields } });
  return reply.redirect(`${base}/voorbeeld`, 303);
}

/** @returns the fields of the wish that waits for a preview on these pages. */
export function keptWish(visit: Visit): KeptWish['fields'] | undefined {
  const { wish } = visit.session.who;
  return wish?.base === sharingBase(visit) ? wish.fields : undefined;
}

/** It was saved: who goes back comes to the choices. */
export async function forgetWish({ session }: Visit): Promise<void> {
  const { wish, ...who } = session.who;
  if (wish !== undefined) await session.keep(who);
}
