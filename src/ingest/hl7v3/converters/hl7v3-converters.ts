/** All converters that the HL7v3 rule tables may name. */
import type { Converters } from '../../mapping/converter.ts';
import { addressConverters } from './address.ts';
import { agreementDosageConverters } from './agreement-dosage.ts';
import { codedConverters } from './coded.ts';
import { dosageConverters } from './dosage.ts';
import { hypersensitivityConverters } from './hypersensitivity.ts';
import { identifierConverters } from './identifier.ts';
import { medicationConverters } from './medication.ts';
import { narrativeConverters } from './narrative.ts';
import { personConverters } from './person.ts';
import { quantityConverters } from './quantity.ts';
import { sameMessageConverters } from './same-message.ts';
import { textConverters } from './text.ts';
import { timeConverters } from './times.ts';
import { valueConverters } from './value.ts';

export const hl7v3Converters: Converters = {
  ...addressConverters,
  ...agreementDosageConverters,
  ...codedConverters,
  ...dosageConverters,
  ...hypersensitivityConverters,
  ...identifierConverters,
  ...medicationConverters,
  ...narrativeConverters,
  ...personConverters,
  ...quantityConverters,
  ...sameMessageConverters,
  ...textConverters,
  ...timeConverters,
  ...valueConverters,
};
