/** Looking at a record as a whole: its history, and everything in it. Beside read and search. */
import type { AccessRequest } from '../permission/index.ts';
import type { ReleaseParts } from './decided.ts';
import { createLooks } from './look.ts';
import { type EverythingPart, type EverythingQuestion, everything } from './release-everything.ts';
import { type HistoryAnswer, type HistoryQuestion, history } from './release-history.ts';
import { banded, type Held } from './time-band.ts';

export interface RecordViews {
  /** @returns undefined when nothing of one resource may be seen. */
  history(
    access: AccessRequest,
    vault: string | undefined,
    question: HistoryQuestion,
  ): Promise<HistoryAnswer | undefined>;
  /** Parts that are written down before they are given. */
  everything(
    access: AccessRequest,
    vault: string | undefined,
    question: EverythingQuestion,
  ): AsyncGenerator<EverythingPart>;
}

/** The same way out as read and search: decide, fetch under the decision, write down, hand over. */
export function createRecordViews(parts: ReleaseParts): RecordViews {
  const begin = createLooks(parts);
  return {
    history(access, vault, question) {
      const look = begin(access);
      return banded(
        access,
        () => history(look.parts, access, vault, question),
        (found) => found === undefined || found.versions.length === 0,
        { elsewhere: parts.register, look },
      );
    },
    everything(access, vault, question) {
      const look = begin(access);
      const found = everything(look.parts, access, vault, question);
      return bandedParts(access, found, { elsewhere: parts.register, look });
    },
  };
}

/** Nothing at all takes as long as nothing that may be seen: each part without content waits. */
async function* bandedParts(
  access: AccessRequest,
  found: AsyncGenerator<EverythingPart>,
  { elsewhere, look }: Held,
): AsyncGenerator<EverythingPart> {
  let shown = false;
  try {
    for (;;) {
      const part: IteratorResult<EverythingPart> = await banded(
        access,
        () => found.next(),
        ({ value }) => value === undefined || value.resources.length === 0,
        // Once something was shown, what follows may end.
        shown ? {} : { elsewhere, look },
      );
      if (part.done) return;
      shown ||= part.value.resources.length > 0;
      yield part.value;
    }
  } finally {
    await found.return(undefined);
  }
}
