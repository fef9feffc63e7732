/** A register that is silent about one person only: an installation of its own, with a register. */
import { startStandInMitz } from '../../src/demo/stand-in-mitz.ts';
import { categoryOfType, recipientCode } from '../../src/permission/index.ts';
import { claimsOf } from './installation.ts';
import { startOwnInstallation } from './own-installation.ts';
import { conditionsOf, expectations, type Stage, TREAT, type Try } from './tries.ts';
import { hex } from './world.ts';

const ANSWER_MS_MAX = 1_500;
/** Less than what waiting for the register to the end would add. */
const APART_MS_MAX = 900;

export const silentRegister: Try = {
  number: 13,
  name: 'a register that does not answer about one person',
  needs: 'clock',
  async run({ random }) {
    const { wrong, equal } = expectations();
    const mitz = await startStandInMitz({
      host: '127.0.0.1',
      port: 0,
      recipientCodeOf: (type) => recipientCode(categoryOfType(type) ?? 'OVZ'),
    });
    const to = await startOwnInstallation(undefined, {
      MITZ_URL: mitz.url,
      MITZ_ANSWER_MS_MAX: String(ANSWER_MS_MAX),
    });
    try {
      const ground = { to, random, now: to.now };
      const [one, other] = [
        await conditionsOf(ground, ['11'], 'none'),
        await conditionsOf(ground, ['11'], 'none'),
      ];
      const client = one.reader.client;
      const ask = async (id: string) => {
        const path = `/fhir/r4/Condition?patient=${id}`;
        return to.line.ask({ path, token: await to.token(client, claimsOf(TREAT)) });
      };
      const never = () => patientOf(one).replace(/[0-9a-f]{12}$/, hex(random, 12));
      const same = async (when: string) => {
        const nobody = await ask(never());
        const known = await ask(patientOf(one));
        equal(`${when}: status`, known.status, nobody.status);
        const total = (body: string) => JSON.parse(body).total;
        equal(`${when}: total`, total(known.body), total(nobody.body));
        equal(`${when}: time alike`, Math.abs(known.ms - nobody.ms) < APART_MS_MAX, true);
      };
      equal('while it answers', (await ask(patientOf(other))).status, 200);
      mitz.setSilentAbout(one.world.bsn);
      await same('first');
      await same('then');
      to.later(61_000);
      await ask(patientOf(other));
      await same('after an answer about another');
    } finally {
      await to.close();
      await mitz.close();
    }
    return wrong;
  },
};

const patientOf = ({ ids, holder }: Stage): string => ids.get(`patient:${holder.name}`) ?? '';
