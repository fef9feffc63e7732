/** The bytes of documents, which are Binaries of their own. */
import { isTakenBack, type Resource } from '../conformance/index.ts';
import type { PutOptions, ResourceWrite } from '../store/index.ts';
import { amended } from './written-bytes.ts';

type Write = ResourceWrite & PutOptions;

/** The bytes of a document that was taken back go with it. */
export function withBytesOfTakenBack(
  complete: readonly { readonly r4: Resource }[],
  writes: readonly Write[],
): Write[] {
  const gone = complete.flatMap(({ r4 }, at): Write[] => {
    const written = writes[at];
    if (written?.type !== 'DocumentReference' || !isTakenBack(r4)) return [];
    // The version that was named is the document's.
    const { ifVersion: _named, ...document } = written;
    return attachmentUrls(r4).flatMap((url) => {
      const id = /^Binary\/([A-Za-z0-9\-.]{1,64})$/.exec(url)?.[1];
      if (id === undefined) return [];
      const as = { type: document.type, id: document.id };
      const facts = { ...document.facts, type: 'Binary', id, as };
      return [{ ...document, ...TOMBSTONE, type: 'Binary', id, facts }];
    });
  });
  return [...writes, ...gone];
}

/** Not in view: nothing of it is found or read. */
export const TOMBSTONE = { bytes: Buffer.alloc(0), tokens: [], months: [], deleted: true } as const;

/** A Binary is decided like the document that points at it (consent.md 7.2): same facts, own id. */
export function strictestOfDocuments(
  writes: ResourceWrite[],
  placed: readonly { readonly r4: Resource; readonly native: Resource }[],
): void {
  const byReference = new Map(writes.map((write, index) => [`${write.type}/${write.id}`, index]));
  for (const [index, write] of writes.entries()) {
    if (write.type !== 'DocumentReference') continue;
    for (const url of attachmentUrls(placed[index]?.r4)) {
      const at = byReference.get(url);
      const binary = at === undefined ? undefined : writes[at];
      if (at === undefined || binary?.type !== 'Binary') continue;
      const labels = [...new Set([...write.facts.labels, ...binary.facts.labels])];
      const { id, type } = binary.facts;
      const as = { type: write.type, id: write.id };
      writes[at] = amended(binary, { facts: { ...write.facts, labels, id, type, as } });
    }
  }
}

function attachmentUrls(document: Resource | undefined): string[] {
  const contents = document?.['content'];
  if (!Array.isArray(contents)) return [];
  return contents.flatMap((content: { attachment?: { url?: unknown } }) =>
    typeof content.attachment?.url === 'string' ? [content.attachment.url] : [],
  );
}
