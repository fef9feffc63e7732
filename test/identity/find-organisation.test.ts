/** Find my provider: 60 questions as people type them, the right answer in the top three. */
import { describe, expect, it } from 'vitest';
import { createOrganisationFinder } from '../../src/identity/find-organisation.ts';
import type { Organisation } from '../../src/identity/organisations.ts';

type Draft = readonly [
  key: string,
  name: string,
  town: string,
  aliases?: readonly string[],
  more?: Partial<Organisation>,
];

const OFF = { connection: 'not-connected' as const };
const DIRECTORY: readonly Draft[] = [
  ['zoom', 'Ziekenhuis Kennemerzoom', 'Beverwijk', ['het Zoom', 'Rood-Kruis Beverwijk']],
  ['wijk', 'Wijkermeer Ziekenhuis', 'Heemskerk'],
  ['sintjan', 'Sint Jansgasthuis', 'Weert'],
  ['oever', 'Medisch Centrum Oeverrijk', 'Utrecht', ['MCO', 'Lievensberg']],
  ['ijssel', 'IJsselvallei Ziekenhuis', 'Deventer'],
  ['jansen', 'Huisartsenpraktijk Jansen & De Wit', 'Beverwijk', ['dokter Jansen']],
  ['jansenzeist', 'Huisartsenpraktijk Jansen', 'Zeist'],
  ['jansenede', 'Huisartsenpraktijk Janssen', 'Ede'],
  ['duin', 'Huisartsenpraktijk Duin en Dijk', 'Heemskerk'],
  ['oud', 'Huisartsenpraktijk Oude Haven', 'Beverwijk', [], OFF],
  ['bakker', 'Huisartsenpraktijk C.J. Bakker', 'Zaandam'],
  ['visser', "Huisartsenpraktijk 't Veen", 'Hoogeveen', ['praktijk Visser']],
  ['elamrani', 'Huisartsenpraktijk El Amrani', 'Amersfoort'],
  ['yilmaz', 'Huisartsenpraktijk Yılmaz', 'Utrecht'],
  ['vandenberg', 'Huisartsenpraktijk Van den Berg', 'Soest'],
  ['linden', 'Gezondheidscentrum De Linden', 'Nieuwegein', ['GC Linden']],
  ['maarn', 'Gezondheidscentrum Maarnsehof', 'Maarn'],
  ['kerk', 'Huisartsen Kerkstraat', 'Castricum', ['Huisartsenpraktijk Meijer']],
  ['plein', 'Huisartsen Raadhuisplein', 'Uithoorn', [], OFF],
  ['hoek', 'Huisartsenpraktijk De Hoek', 'Hoek van Holland'],
  ['post', 'Huisartsenpost Kennemerland', 'Beverwijk'],
  ['postutrecht', 'Huisartsenpost Utrecht Stad', 'Utrecht'],
  ['sluis', 'Apotheek De Sluis', 'Beverwijk'],
  ['sluiswijk', 'Apotheek Sluiswijk', 'IJmuiden'],
  ['dom', 'Domapotheek', 'Utrecht'],
  ['boer', 'Apotheek Boerhaave', 'Leiden', ['BENU Boerhaave']],
  ['zuid', 'Apotheek Zuiderpark', "'s-Gravenhage", ['apotheek Den Haag Zuid']],
  ['ggz', 'GGZ Kennemerkust', 'Castricum'],
  ['parnassia', 'GGZ Noorderbrug', 'Groningen', ['de Brug']],
  ['jeugd', 'Jeugdgezondheidszorg Kennemer', 'Velsen', ['consultatiebureau Velsen']],
  ['lab', 'Laboratorium Noordzee', 'IJmuiden'],
  ['haven', 'Verpleeghuis De Haven', 'IJmuiden'],
  ['zonnehoek', 'Woonzorgcentrum Zonnehoek', 'Apeldoorn', ['het oude Sonnenberg']],
  ['thuis', 'Thuiszorg Rijnmond', 'Rotterdam'],
  ['buurt', 'Buurtteam Overvecht', 'Utrecht', [], OFF],
  ['vlieg', 'Verloskundigenpraktijk De Ooievaar', 'Zeist'],
  ['kraam', 'Kraamzorg Het Groene Kruis', 'Maastricht'],
  ['tand', 'Tandartspraktijk De Kies', 'Almere'],
  ['tandjansen', 'Tandartspraktijk Jansen', 'Almere'],
  ['fysio', 'Fysiotherapie Zonnebaan', 'Maarssen'],
  ['revalidatie', 'Revalidatiecentrum De Hoogstraat', 'Utrecht'],
  ['oog', 'Oogkliniek Rivierenland', 'Tiel', [], OFF],
  ['schiedam', 'Ziekenhuis Vlietzicht', 'Schiedam', ['Vlietland']],
  ['ambulance', 'Ambulancezorg Gooi', 'Hilversum'],
  ['huid', 'Huidcentrum Eemland', 'Amersfoort'],
  ['wijchen', 'Huisartsenpraktijk Woezik', 'Wijchen'],
  ['scheveningen', 'Huisartsenpraktijk Scheveningse Slag', "'s-Gravenhage"],
  ['joure', 'Dokterswacht Fryslân', 'Joure'],
  ['curacao', 'Huisartsenpraktijk Curaçaolaan', 'Haarlem'],
  ['schaap', 'Huisartsenpraktijk Schaap & Schouten', 'Woerden'],
  ['spaarne', 'Spaarnewoude Gasthuis', 'Haarlem', ['Spaarne Ziekenhuis', 'Kennemer Gasthuis']],
  ['janshaarlem', 'Huisartsenpraktijk Jansen en Prins', 'Haarlem'],
  ['amc', 'Academisch Centrum Amstelstad', 'Amsterdam', ['AMC']],
  ['brouwer', 'Huisartspraktijk Brouwer-de Groot', 'Alkmaar'],
  ['muller', 'Praktijk Müller', 'Purmerend'],
  ['belaz', 'Huisartsenpraktijk Ágnes Beláz', 'Zwolle'],
  ['catharijne', 'Gezondheidscentrum Hoog-Catharijne', 'Utrecht'],
  ['bosch', 'Jeroen Bosch Kliniek', "'s-Hertogenbosch"],
];

/** As the national directory would have it. */
const CATEGORIES: readonly (readonly [RegExp, Organisation['category']])[] = [
  [/ziekenhuis|gasthuis|kliniek|medisch centrum|academisch/i, 'ZKH'],
  [/apotheek/i, 'APO'],
  [/laboratorium/i, 'LAB'],
  [/verpleeghuis/i, 'VV'],
  [/ggz/i, 'GGZ'],
];
const categoryOf = (name: string) => CATEGORIES.find(([kind]) => kind.test(name))?.[1] ?? 'HA';

const directory = DIRECTORY.map(
  ([key, name, town, aliases = [], more = {}], at): Organisation => ({
    id: key,
    name,
    ura: String(90_000_000 + at),
    type: 'Z3',
    category: categoryOf(name),
    aanbieder: name.toLowerCase().replace(/[^a-z]/g, ''),
    services: ['49'],
    regions: [],
    town,
    aliases,
    connection: 'connected',
    ...more,
  }),
);
const finder = createOrganisationFinder(directory);

/** As people type: slips, sounds, nicknames, initials, towns, old names, words run together. */
const GOLD: readonly (readonly [question: string, key: string])[] = [
  ['dr jansn beverwijk', 'jansen'],
  ['dokter Jansen Zeist', 'jansenzeist'],
  ['huisarts janssen ede', 'jansenede'],
  ['jansen en de wit', 'jansen'],
  ['jansendewit', 'jansen'],
  ['praktijk jansen & wit beverwyk', 'jansen'],
  ['het zoom', 'zoom'],
  ['kennemerzoom', 'zoom'],
  ['kennermerzoom', 'zoom'],
  ['ziekenhuis beverwijk', 'zoom'],
  ['rode kruis beverwijk', 'zoom'],
  ['wijkermeer', 'wijk'],
  ['weikermeer zkh', 'wijk'],
  ['ziekenhuis heemskerk', 'wijk'],
  ['st jans gasthuis', 'sintjan'],
  ['sint jansgasthuis weert', 'sintjan'],
  ['MCO', 'oever'],
  ['oeverrijk', 'oever'],
  ['oeverreik utrecht', 'oever'],
  ['ysselvallei', 'ijssel'],
  ['ijselvalei deventer', 'ijssel'],
  ['duin en dyk', 'duin'],
  ['duinendijk', 'duin'],
  ['oude haven', 'oud'],
  ['huisarts oude havn', 'oud'],
  ['cj bakker', 'bakker'],
  ['huisarts bakker zaandam', 'bakker'],
  ['bakkr', 'bakker'],
  ['dokter visser hoogeveen', 'visser'],
  ["'t veen", 'visser'],
  ['el amrani', 'elamrani'],
  ['amrani amersfoort', 'elamrani'],
  ['yilmaz utrecht', 'yilmaz'],
  ['van den berg soest', 'vandenberg'],
  ['vd berg huisarts soest', 'vandenberg'],
  ['gc linden', 'linden'],
  ['de lindn nieuwegein', 'linden'],
  ['marnsehof', 'maarn'],
  ['huisarts meyer castricum', 'kerk'],
  ['kerkstraat castricum', 'kerk'],
  ['raadhuisplein', 'plein'],
  ['hap kennemerland', 'post'],
  ['huisartsenpost utrecht', 'postutrecht'],
  ['apotheek sluis beverwijk', 'sluis'],
  ['apoteek de sluis', 'sluis'],
  ['dom apotheek', 'dom'],
  ['boerhave', 'boer'],
  ['apotheek den haag zuid', 'zuid'],
  ['ggz castricum', 'ggz'],
  ['konsultatiebureau velsen', 'jeugd'],
  ['lab ijmuiden', 'lab'],
  ['de haven ijmuiden', 'haven'],
  ['sonnenberg', 'zonnehoek'],
  ['verloskundige zeist', 'vlieg'],
  ['ooivaar', 'vlieg'],
  ['tandarts jansen', 'tandjansen'],
  ['vlietland schiedam', 'schiedam'],
  ['scheveningse slach', 'scheveningen'],
  ['curacaolaan', 'curacao'],
  ['schaap en schoute', 'schaap'],
];

/** More: what kind it is instead of its name, initials, umlauts, a town alone. */
const MORE: readonly (readonly [question: string, key: string])[] = [
  ['huisarts jansen haarlem', 'janshaarlem'],
  ['spaarne ziekenhuis', 'spaarne'],
  ['spaarneziekenhuis haarlem', 'spaarne'],
  ['sparne gasthuis', 'spaarne'],
  ['kennemer gasthuis', 'spaarne'],
  ['kg haarlem', 'spaarne'],
  ['a.m.c. amsterdam', 'amc'],
  ['brouwer de groot alkmaar', 'brouwer'],
  ['brouwer-degroot', 'brouwer'],
  ['mueller purmerend', 'muller'],
  ['dr. müller', 'muller'],
  ['agnes belaz', 'belaz'],
  ['hoogcatharijne utrecht', 'catharijne'],
  ['gezondheidscentrum catarijne', 'catharijne'],
  ['jeroen bos kliniek', 'bosch'],
  ['s hertogenbosch', 'bosch'],
  ['den bosch kliniek', 'bosch'],
  ['mijn huisarts in zeist jansen', 'jansenzeist'],
  ['Elamrani', 'elamrani'],
  ['Huisartsenpraktijk van de berg', 'vandenberg'],
  ['apotheek sluyswyk', 'sluiswijk'],
  ['benu apotheek leiden', 'boer'],
  ['ziekenhuis utrecht', 'oever'],
  ['medisch centrum utrecht', 'oever'],
  ['m c o', 'oever'],
  ['verpleegtehuis haven', 'haven'],
  ['fisio zonnebaan', 'fysio'],
  ['physiotherapie maarssen', 'fysio'],
  ['oogarts tiel', 'oog'],
  ['friesland dokterswacht', 'joure'],
  ['dermatoloog amersfoort', 'huid'],
  ['ggz groningen', 'parnassia'],
  ['psychiater castricum', 'ggz'],
  ['bloedprikken ijmuiden', 'lab'],
  ['spoedpost utrecht', 'postutrecht'],
  ['dokterspost beverwijk', 'post'],
  ['beverwijk huisarts', 'jansen'],
  ['kennemr zoom', 'zoom'],
  ['thuiszorg rotterdam', 'thuis'],
  ['hoogstraat', 'revalidatie'],
  ['dewit', 'jansen'],
  ['huisarts dewit beverwijk', 'jansen'],
  ['jgz velsen', 'jeugd'],
  ['schoolarts velsen', 'jeugd'],
  ['GGD velsen', 'jeugd'],
  ['ggd', 'jeugd'],
  ['inentingen velsen', 'jeugd'],
  ['poli kennemerzoom', 'zoom'],
];

describe('finding a provider', () => {
  it.each(['vandenberg soest', 'dokter vdberg'])('takes small words with the name: %s', (asked) => {
    expect(finder.find(asked)[0]?.organisation.id).toBe('vandenberg');
  });

  it('says who is in the town when nobody there has such a name, and nobody without a town', () => {
    const names = finder.find('kwakzalver velsen').map(({ organisation }) => organisation.id);
    expect(names).toEqual(['jeugd']);
    expect(finder.find('kwakzalver')).toEqual([]);
  });

  it('gives the right one in the top three for at least 95 % of 60 questions', () => {
    expect(GOLD).toHaveLength(60);
    const missed = GOLD.filter(([question, key]) => {
      const top = finder.find(question).slice(0, 3);
      return !top.some(({ organisation }) => organisation.id === key);
    });
    expect(missed.length, JSON.stringify(missed)).toBeLessThanOrEqual(3);
  });

  it('gives it first for at least 80 %', () => {
    const first = GOLD.filter(
      ([question, key]) => finder.find(question)[0]?.organisation.id === key,
    );
    expect(first.length).toBeGreaterThanOrEqual(48);
  });

  it('finds these in the top three too', () => {
    const missed = MORE.filter(
      ([question, key]) =>
        !finder
          .find(question)
          .slice(0, 3)
          .some(({ organisation }) => organisation.id === key),
    );
    expect(missed).toEqual([]);
  });

  it('finds what is not connected too, and says so', () => {
    const [found] = finder.find('buurtteam overvecht');
    expect(found?.organisation).toMatchObject({ id: 'buurt', connection: 'not-connected' });
  });

  it('by its own name finds every one', () => {
    for (const { id, name, town } of directory) {
      const top = finder.find(`${name} ${town}`).slice(0, 3);
      expect(
        top.map(({ organisation }) => organisation.id),
        name,
      ).toContain(id);
    }
  });

  it.each(['', '   ', 'xqzzk', '&&&', 'e', 'de het een'])('finds nothing for %j', (question) => {
    expect(finder.find(question)).toEqual([]);
  });

  it('answers at once, however long the question', () => {
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) finder.find('huisartsenpraktijk '.repeat(500));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
