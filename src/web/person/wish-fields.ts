/** A wish as the hidden fields of the form that confirms it. */
import type { Wish } from './wish.ts';

/** The form fields that say the same again. */
export function fieldsOf(wish: Wish): readonly (readonly [string, string])[] {
  if (wish.kind === 'withdraw' || wish.kind === 'agree')
    return [
      ['wens', wish.kind],
      ['id', wish.id],
    ];
  if (wish.kind === 'purpose') {
    return [
      ['wens', wish.kind],
      ['doel', wish.use],
      ['aan', wish.recipient],
      ['keuze', wish.choice],
    ];
  }
  if (wish.kind === 'fine') return fineFields(wish);
  if (wish.kind === 'person') {
    return [
      ['wens', wish.kind],
      ['regel', String(wish.seq)],
    ];
  }
  if (wish.kind !== 'cell') return [['wens', wish.kind]];
  const { kind, holder, data, recipient, choice, until } = wish;
  return [
    ['wens', kind],
    ['van', holder],
    ['gegevens', data],
    ['aan', recipient],
    ['keuze', choice],
    ...(until === undefined ? [] : ([['tot', until]] as const)),
  ];
}

function fineFields({
  holder,
  recipient,
  choice,
  about,
  until,
}: Extract<Wish, { kind: 'fine' }>): readonly (readonly [string, string])[] {
  const data: (readonly [string, string])[] =
    about.level === 'instance'
      ? [['onderdeel', about.value]]
      : about.level === 'visit'
        ? [['bezoek', about.value]]
        : about.level === 'dataPeriod'
          ? [
              ['gegevensVan', about.start ?? ''],
              ['gegevensTot', about.end ?? ''],
            ]
          : [['onderwerp', about.value]];
  return [
    ['wens', 'fine'],
    ['van', holder],
    ['aan', recipient],
    ['keuze', choice],
    ...data,
    ...(until === undefined ? [] : ([['tot', until]] as const)),
  ];
}
