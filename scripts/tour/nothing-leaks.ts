/** What the gateway wrote to its log and shows in its metrics: no number, name or word of a patient. */
import type { Tour } from './tour-parts.ts';

const WORD_LENGTH_MIN = 3;

export async function nothingLeaks({ tell, demo, everybody }: Tour): Promise<void> {
  tell.chapter('Log and metrics tell of no patient');
  const metrics = await fetch(`${demo.url}/metrics`);
  const measured = await metrics.text();
  tell.equal('/metrics', metrics.status, 200);
  tell.holds(
    'it counts what came in',
    /intake[^\n]*\} \d+/.test(measured),
    'counters',
    /^\S*intake\S* \d+/m.exec(measured)?.[0] ?? 'none',
  );
  const log = `${demo.output()}\n${measured}`;
  tell.holds(
    'the log has lines',
    demo.output().length > 0,
    'some',
    `${demo.output().length} bytes`,
  );
  const numbers = everybody.flatMap(({ person }) => person.bsn ?? []);
  tell.equal(`BSNs of ${numbers.length} people in it`, present(log, numbers).length, 0);
  const names = everybody.map(({ person }) => person.family);
  tell.equal('surnames', present(log, names).join(', ') || 'none', 'none');
  const words = everybody.flatMap((record) => [
    ...record.problems.flatMap(({ snomed, icpc }) => [snomed.display, snomed.code, icpc.display]),
    ...record.medicines.map(({ prk }) => prk.display.split(' ')[0] ?? ''),
    ...record.labs.flatMap(({ results }) => results.map(({ loinc }) => loinc.display)),
    ...record.allergies.map(({ display }) => display),
    ...record.letters.flatMap(({ title, lines }) => [title, ...lines]),
  ]);
  tell.equal('clinical words', present(log, words).join(', ') || 'none', 'none');
}

/** Those of the words that stand in the text as whole words. */
function present(text: string, words: readonly string[]): string[] {
  const all = [...new Set(words)].filter((word) => word.length >= WORD_LENGTH_MIN);
  return all.filter((word) => {
    const whole = `(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`;
    return new RegExp(whole, 'u').test(text);
  });
}
