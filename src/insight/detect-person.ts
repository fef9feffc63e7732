/** Rules about who looked at whom: one line is enough (AN-01 to 06, 09, 11, 16). */
import { lateFormatter } from '../platform/late-formatter.ts';
import type { Asked, Flag } from './detect.ts';

/** Flags of one line by itself. */
export function detectPerson(asked: Asked): Flag[] {
  const { access, flag } = asked;
  if (access.kind === 'log') return access.aboutUser === access.user ? flag('AN-16') : [];
  const flags = [...outsideRoster(asked), ...outsideDomain(asked)];
  const { patient } = access;
  // What was refused showed nothing: that is what AN-14 is for.
  if (patient === undefined || access.refused) return flags;
  return [...flags, ...aboutPatient(asked, patient), ...emergencyWithoutVisit(asked, patient)];
}

function aboutPatient({ access, surroundings, flag }: Asked, patient: string): Flag[] {
  const { user, organisation } = access;
  const isSelf = surroundings.isSamePerson(user, patient, organisation);
  // One's own record needs no treatment relation to be told apart, and has none.
  const relation = isSelf ? false : surroundings.hasRelation(access);
  const flags: Flag[] = isSelf ? flag('AN-03') : [];
  if (relation !== false) return flags;
  flags.push(...flag('AN-01'));
  if (surroundings.isWatched(patient, organisation)) flags.push(...flag('AN-02'));
  if (!isSelf && surroundings.sharesNameOrAddress(user, patient, organisation))
    flags.push(...flag('AN-04'));
  if (!isSelf && organisation !== undefined && surroundings.worksFor(patient, organisation)) {
    flags.push(...flag('AN-05'));
  }
  return flags;
}

function emergencyWithoutVisit(asked: Asked, patient: string): Flag[] {
  const { access, surroundings, ruleOf, flag } = asked;
  const hours = ruleOf('AN-09')?.visitHours;
  if (!access.emergency || hours === undefined) return [];
  return surroundings.hadVisit(patient, access.at, hours) === false ? flag('AN-09') : [];
}

const clock = lateFormatter('en-GB', {
  timeZone: 'Europe/Amsterdam',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

function outsideRoster({ access, surroundings, flag }: Asked): Flag[] {
  const roster = surroundings.rosterOf(access.user, access.organisation);
  if (!roster) return [];
  const [hours = 0, minutes = 0] = clock().format(access.at).split(':').map(Number);
  const now = hours * 60 + minutes;
  const { from, to } = roster;
  const works = from <= to ? now >= from && now < to : now >= from || now < to;
  return works ? [] : flag('AN-06');
}

/** Labelled data in a kind of care that the label does not belong to; one's own data are. */
function outsideDomain({ access, ruleOf, flag }: Asked): Flag[] {
  const domains = ruleOf('AN-11')?.domains;
  if (!domains || access.refused || access.ownData) return [];
  const outside = access.labels.filter((label) => {
    const kinds = Object.hasOwn(domains, label) ? domains[label] : undefined;
    return kinds !== undefined && (access.domain === undefined || !kinds.includes(access.domain));
  });
  return outside.length > 0 ? flag('AN-11', { labels: outside.length }) : [];
}
