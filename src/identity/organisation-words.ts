/** Words of a name as people write them: without marks, small words and the ways to say "dr". */

/** Small words that tell nothing. */
const SMALL = new Set(
  'de het een en van der den t s in te aan op bij the dr drs mw mevr mevrouw dhr'.split(' '),
);

/** What people say instead of the word on the door. */
const SPOKEN: Readonly<Record<string, readonly string[]>> = {
  dokter: ['huisartsenpraktijk'],
  dokters: ['huisartsenpraktijk'],
  arts: ['huisartsenpraktijk'],
  huisarts: ['huisartsenpraktijk'],
  huisartsen: ['huisartsenpraktijk'],
  huisartspraktijk: ['huisartsenpraktijk'],
  ha: ['huisartsenpraktijk'],
  hap: ['huisartsenpost'],
  zkh: ['ziekenhuis'],
  zh: ['ziekenhuis'],
  hospital: ['ziekenhuis'],
  apo: ['apotheek'],
  pharmacy: ['apotheek'],
  gp: ['huisartsenpraktijk'],
  lab: ['laboratorium'],
  tandarts: ['tandartspraktijk'],
  verloskundige: ['verloskundigenpraktijk'],
  vroedvrouw: ['verloskundigenpraktijk'],
  fysio: ['fysiotherapie'],
  fysiotherapeut: ['fysiotherapie'],
  spoedpost: ['huisartsenpost'],
  dokterspost: ['huisartsenpost'],
  dokterswacht: ['dokterswacht', 'huisartsenpost'],
  psychiater: ['ggz'],
  psycholoog: ['ggz'],
  riagg: ['ggz'],
  bloedprikken: ['laboratorium'],
  bloedafname: ['laboratorium'],
  prikpost: ['laboratorium'],
  dermatoloog: ['huid'],
  huidarts: ['huid'],
  oogarts: ['oog'],
  bejaardenhuis: ['verpleeghuis'],
  verzorgingshuis: ['verpleeghuis'],
  wijkverpleging: ['thuiszorg'],
  kraamhulp: ['kraamzorg'],
  consultatiebureau: ['consultatiebureau', 'jeugdgezondheidszorg'],
  jgz: ['jeugdgezondheidszorg'],
  ggd: ['jeugdgezondheidszorg'],
  jeugdarts: ['jeugdgezondheidszorg'],
  schoolarts: ['jeugdgezondheidszorg'],
  inenting: ['jeugdgezondheidszorg'],
  inentingen: ['jeugdgezondheidszorg'],
  poli: ['polikliniek', 'ziekenhuis'],
  polikliniek: ['polikliniek', 'ziekenhuis'],
  eerstehulp: ['ziekenhuis'],
  seh: ['ziekenhuis'],
  mondhygienist: ['tandartspraktijk'],
  medicijnen: ['apotheek'],
  st: ['sint'],
};

/** Small words written onto what follows: of `Jansen & De Wit` it is `dewit`. */
export function writtenOn(name: string): string[] {
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  return words.flatMap((word, at) => (SMALL.has(word) ? `${word}${words[at + 1] ?? ''}` : []));
}

/** `Huisartsenpraktijk Jansen & De Wit` becomes `huisartsenpraktijk jansen wit`. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ĳ/g, 'ij')
    .replace(/\b(\d{4})\s*([a-z]{2})\b/g, '$1$2')
    .replace(/['’`.]/g, '')
    // Initials with blanks between them: `m c o`, `c j bakker`.
    .replace(/\b([a-z])(?: ([a-z])\b)+/g, (letters) => letters.replaceAll(' ', ''));
  return (
    plain
      .split(/[^a-z0-9]+/)
      // Small words written onto the name: `vandermeer` is `meer`.
      .map((word) => word.replace(/^(van(der|den|de)|vd)(?=[a-z]{4})/, ''))
      .filter((word) => word !== '' && !SMALL.has(word))
      .flatMap((word) => SPOKEN[word] ?? [word])
  );
}

/** How a Dutch word sounds, roughly: what sounds alike is written alike. */
export function soundOf(word: string): string {
  return word
    .replace(/(ij|y|ei)/g, 'y')
    .replace(/(ou|au)w?/g, 'au')
    .replace(/(ph|v)/g, 'f')
    .replace(/z/g, 's')
    .replace(/(sch|sh|sj)/g, 's')
    .replace(/(ck|qu|c(?=[aou])|x)/g, 'k')
    .replace(/c(?=[eiy])/g, 's')
    .replace(/(dt|th|d$)/g, 't')
    .replace(/(ch|g)/g, 'g')
    .replace(/ae/g, 'a')
    .replace(/(.)\1+/g, '$1');
}
