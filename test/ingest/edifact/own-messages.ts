/** EDIFACT messages of invented people, as laboratories and GPs send them. */

export const BSN = '999903007';

export const interchange = (...messages: readonly string[]) =>
  [
    "UNB+UNOA:1+50009876+01009876+260106:1215+icr-7'",
    ...messages,
    `UNZ+${messages.length}+icr-7'`,
  ].join('\r\n');

export const PERSON = `PID+1961:07:04+V+Boer:de:Linden:van der:A:A.B.+77+BSN${BSN}'
PAD+Lindelaan:12a::Oosterdam:1234AB+0700-123456'`;

export const LABORATORY = `ZKH+Lab Oosterdam+Kade:1::Oosterdam:1234AA+0700-700700'
AFD+Klinische chemie+0700-700701'
ARA:1+Dr. P. Proef+0700-700702'
ART+H+01009876+Q. Huis+Plein:2::Oosterdam:1234AC+0700-111111'`;

export const medlab = (body: string, person = PERSON) => `UNH+1+MEDLAB:1'
${LABORATORY}
${person}
${body}
UNT+9+1'`;

export const REPORT = `DET:1+26:01:05+08:30'
IDE:1+J+880011+Bloed+4.5 ml'
BEP:1:1:1+1+Elektrolyten'
BEP:1:1:2+0+Kalium+6,10++mmol/l+>+3.5+5.0+K   B'
OPB:1:1:2+hemolytisch+herhaald'
BEP:1:1:3+0+Kweek+zie onder+J++++'
NUB:1:1+Natrium'
OPM:1+Alles nagekeken.'`;

export const MEDRPT = `UNH+1+MEDRPT:D:93A:UN:MRPN32'
BGM+LRP:MF:ITN+990022+9+NA'
NAD+SLA+07009876:CLB:VEK++Lab :Oosterdam'
NAD+PO+01009876:CGP:VEK++Huis:Q:van+Plein+2:b+Oosterdam+1234AC'
PNA+PAT+::${BSN}:PCL:LZB+++NAN:Boer+NVV:AB*de++NEA:Linden+NEV:van der'
DTM+329:19610704:102'
PDI+2'
DTM+SCO:202601050830:203'
RFF+SRI:990022'
INV+1+K:AMB:NHG:Kalium'
RSL+NV+6.1+3.5 5.0+mmol/l+HI'
FTX+RSL+++hemolytisch'
INV+1+KWK:AMB:XYZ:Kweek'
RSL+TV+zie onder'
UNT+16+1'`;

export const MEDVRI = `UNH+5+MEDVRI:1'
GGA+Polikliniek Oosterdam+06009876'
GGO+Q. Huis+01009876'
${PERSON}
TXT:1+Geachte collega,'
TXT:2+Mevrouw is hersteld?.'
UNT+8+5'`;
