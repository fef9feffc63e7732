/**
 * What the gateway wrote to its log and shows in its metrics: no number, name or word of a patient.
 */
import type { Tour } from './tour-parts.ts';

const WORD_LENGTH_MIN = 3;

/** Before a stop, since counters begin again at a start. */
export async function measures({ tell, demo, ...tour }: Tour): Promise<void> {
  tell.chapter('Metrics for Prometheus');
  const metrics = await fetch(`${demo.url}/metrics`);
  const measured = await metrics.text();
  tell.equal('/metrics', metrics.status, 200);
  const counter =
    /^zorgsluis_intake_messages_total\{[^\n]*\} [1-9]\d*$/m.exec(measured)?.[0] ?? 'none';
  tell.holds('it counts what came in', counter !== 'none', 'a counter', counter);
  tellsNothing({ tell, demo, ...tour }, measured);
}

/** After the stop, so that nothing is written any more. */
export async function nothingLeaks(tour: Tour): Promise<void> {
  const log = tour.demo.output();
  tour.tell.chapter('The log tells of no patient');
  tour.tell.holds('it has lines', log.includes('"level"'), 'some', `${log.length} characters`);
  tellsNothing(tour, log);
}

function tellsNothing({ tell, everybody }: Tour, log: string): void {
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
