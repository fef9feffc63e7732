/** A person or a member of staff at the gateway's own pages, without a browser. */
import type { Text } from '../../platform/html/language.ts';
import { formAction, hiddenField, type Visitor } from './browserless.ts';
import type { Answer } from './trail.ts';

const T = {
  login: { nl: 'Inloggen', en: 'Log in' },
  digid: { nl: 'Persoon logt in bij de namaak-DigiD', en: 'Person logs in at the stand-in DigiD' },
  staff: {
    nl: 'Medewerker logt in met twee factoren',
    en: 'Member of staff logs in with two factors',
  },
  sharing: { nl: 'Persoon bekijkt de keuzes', en: 'Person looks at the choices' },
  preview: { nl: 'Persoon bekijkt wat er verandert', en: 'Person looks at what changes' },
  save: { nl: 'Persoon slaat de keuze op', en: 'Person saves the choice' },
} as const satisfies Record<string, Text>;

/** One cell of the choices, as the form on /mij/delen has it. */
export interface SharingWish {
  /** `any`, `cat:ZKH`, `org:<id>`. */
  readonly holder: string;
  readonly data: 'GGC002' | 'GGC012' | 'GGC013';
  readonly recipient: string;
  readonly choice: 'permit' | 'deny' | 'nothing';
}

/** @returns the page after the log-in. @throws Error when the way ends without a page. */
export async function loginAsPerson(visitor: Visitor, url: string, bsn: string): Promise<Answer> {
  const login = await visitor.follow(T.login, `${url}/mij/inloggen`);
  const home = await visitor.follow(T.digid, formAction(login), { call: { form: { bsn } } });
  return pageOf(home.page);
}

/** Pages that staff log in to. */
export type StaffPortal = 'auditor' | 'afzender' | 'cijfers';

/** Reads the second factor from the stand-in's page, where it is shown. */
export async function loginAsStaff(
  visitor: Visitor,
  url: string,
  portal: StaffPortal,
  account: string,
): Promise<Answer> {
  const login = await visitor.follow(T.login, `${url}/${portal}/inloggen`);
  const code = /one-time-code" value="(\d+)"/.exec(login.page?.text() ?? '')?.[1] ?? '';
  const call = { form: { account, code } };
  return pageOf((await visitor.follow(T.staff, formAction(login), { call })).page);
}

/**
 * Saves one choice as a person does: look, choose, see what it does, confirm.
 * @returns the preview and the receipt; when nothing changes, the last page is the preview again.
 */
export async function share(
  visitor: Visitor,
  url: string,
  wish: SharingWish,
): Promise<{ preview: Answer; receipt: Answer }> {
  const form = {
    wens: 'cell',
    van: wish.holder,
    gegevens: wish.data,
    aan: wish.recipient,
    keuze: wish.choice,
  };
  const sharing = await visitor.call(T.sharing, `${url}/mij/delen`);
  const csrf = hiddenField(sharing, 'csrf');
  const call = { form: { csrf, ...form } };
  const looked = await visitor.follow(T.preview, `${url}/mij/delen/voorbeeld`, { call });
  const preview = pageOf(looked.page);
  const stand = /name="stand" value="(\d+)"/.exec(preview.text())?.[1];
  if (stand === undefined) return { preview, receipt: preview };
  const saved = await visitor.follow(T.save, `${url}/mij/delen/opslaan`, {
    call: { form: { csrf, ...form, stand, taal: 'nl' } },
  });
  return { preview, receipt: pageOf(saved.page) };
}

function pageOf(page: Answer | undefined): Answer {
  if (!page) throw new Error('The way ended without a page.');
  return page;
}
