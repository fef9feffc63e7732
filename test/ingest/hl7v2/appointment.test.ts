/** SIU, HL7 v2.5 chapter 10: appointments that are made, moved, cancelled and missed. */
import { describe, expect, it } from 'vitest';
import { er7, msh, one, only, PID } from './messages.ts';

const siu = (event: string, more: readonly string[] = []) =>
  only(
    er7(
      msh(`SIU^${event}^SIU_S12`),
      'SCH|A-10^EPD|F-10^ZIS|||||CTRL^Controle^L|CONS^Consult^L|20|min|^^20^202603091000^202603091020|||||||||||||||Booked',
      'NTE|1||Graag nuchter komen.',
      PID,
      'RGS|1',
      'AIS|1||ECHO^Echografie^L|202603091000',
      'AIP|1||03098765^Boom^K.L.^^^^^^VEKTIS',
      'AIL|1||POLI^2^1^HAVENZH',
      ...more,
    ),
  );

describe('SIU', () => {
  it('S12 is a booked appointment of the person with whom, where, when and what for', () => {
    expect(one(siu('S12'), 'Appointment')).toMatchObject({
      status: 'booked',
      start: '2026-03-09T10:00:00+01:00',
      end: '2026-03-09T10:20:00+01:00',
      minutesDuration: 20,
      comment: 'Graag nuchter komen.',
      reasonCode: [{ coding: [{ code: 'CTRL' }] }],
      serviceType: [{ coding: [{ code: 'ECHO' }] }],
      participant: [
        { actor: { type: 'Patient' }, status: 'accepted' },
        { actor: { type: expect.stringMatching(/^Practitioner/) }, status: 'accepted' },
        { actor: { type: 'Location' }, status: 'accepted' },
      ],
    });
  });

  it.each([
    ['S13', 'booked'],
    ['S14', 'booked'],
    ['S15', 'cancelled'],
    ['S26', 'noshow'],
  ])('%s leaves the same appointment %s', (event, status) => {
    const [first, later] = [siu('S12'), siu(event)];
    const keyOf = (message: typeof first) =>
      message.resources.find(({ resource }) => resource.resourceType === 'Appointment')?.key;
    expect(one(later, 'Appointment')['status']).toBe(status);
    expect(keyOf(later)).toBe(keyOf(first));
  });

  it('S17 takes it back', () => {
    const gone = siu('S17');
    expect(gone.instructions).toMatchObject([{ kind: 'retract', place: 'MSH-9.2' }]);
  });

  it('leaves no value unexplained', () => {
    const unread = siu('S12').issues.filter(({ kind }) => kind === 'unread');
    expect(unread).toEqual([]);
  });
});
