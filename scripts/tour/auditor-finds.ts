/** The auditor of the hospital logs in with a second factor and finds what happened. */
import { logInAsStaff, type PageSession } from './own-pages.ts';
import type { Tour } from './tour-parts.ts';

const REASON = 'Steekproef van de rondleiding, maart';

export async function auditorFinds(tour: Tour): Promise<void> {
  const { tell, demo } = tour;
  tell.chapter('The auditor logs in');
  const wrong = await logInAsStaff(tour, 'auditor-kennemerzoom', '000000');
  tell.equal('with a wrong second factor', wrong.status, 403);
  const other = await logInAsStaff(tour, 'integratie-kennemerzoom');
  tell.equal('with another role', other.status, 403);
  const { session, status, path } = await logInAsStaff(tour, 'auditor-kennemerzoom');
  tell.equal('with role and second factor', `${status} ${path}`, '200 /auditor');
  const without = await search(session, { reden: '' });
  tell.equal('a search without a reason', without.status, 422);

  tell.chapter('The auditor finds the steps of this tour');
  const bsn = tour.person('P01').person.bsn ?? '';
  const seen = await search(session, { bsn, wat: 'search-type' });
  tell.holds('who looked', /partner|arts-duinker/.test(seen.text), 'the GP practice', seen.lines);
  tell.holds('what was released', /gelukt|done/.test(seen.text), 'released lines', seen.lines);
  const received = await search(session, { wat: 'receive', bsn });
  tell.holds('what came in', /epd-kennemerzoom/.test(received.text), 'the sender', received.lines);
  const nobody = await search(session, { bsn: '999990305' });
  tell.holds('a number that nobody has', nobody.lines === '0 lines', 'no lines', nobody.lines);
  const jansen = await logInAsStaff(tour, 'auditor-jansen');
  const foreign = await search(jansen.session, { wat: 'receive' });
  tell.equal(
    'the auditor of another organisation sees none of its lines',
    String(foreign.text.includes('epd-kennemerzoom')),
    'false',
  );

  tell.chapter('Anyone can check the head');
  const checkpoint = await fetch(`${demo.url}/ledger/checkpoint`);
  const note = await checkpoint.text();
  const size = Number(note.split('\n')[1]);
  tell.holds('the signed head', checkpoint.status === 200 && size > 600, 'a head', `size ${size}`);
  const proof = await fetch(`${demo.url}/ledger/proof/inclusion?seq=5&size=${size}`);
  tell.equal('a proof of inclusion', proof.status, 200);
  const grown = await fetch(`${demo.url}/ledger/proof/consistency?from=100&to=${size}`);
  tell.equal('a proof of consistency', grown.status, 200);
}

async function search(session: PageSession, asked: Readonly<Record<string, string>>) {
  const form = await session.get('/auditor');
  const { page } = await session.post(form, '/auditor/zoeken', { reden: REASON, ...asked });
  const text = page?.text() ?? '';
  const count = new Set([...text.matchAll(/\/auditor\/regel\/(\d+)/g)].map(([, seq]) => seq)).size;
  return { status: page?.status ?? 0, text, lines: `${count} lines` };
}
