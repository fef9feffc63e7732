/** The categories that choices are made in. consent.md section 2; the type-to-category map is data. */

/** gegevenscategorie, system http://fhir.nl/otv/CodeSystem/gegevenscategorie. */
export type DataCategory = 'GGC002' | 'GGC012' | 'GGC013';

/** Holder and recipient categories. STORE is the patient's own store, RES a research body. */
export type ConsentCategory =
  | 'HA'
  | 'APO'
  | 'ZKH'
  | 'LAB'
  | 'VV'
  | 'GGZ'
  | 'OVZ'
  | 'EU'
  | 'RES'
  | 'STORE';
