-- What a care provider has on record about whoever acts for a patient: a curator or mentor that a court
-- appointed, and who may not look along. One row a version, never changed: sealed under the evidence key
-- of the vault. The subject is a keyed hash of the number of who acts; none stands for whoever acts.
create table representative (
  vault uuid not null,
  id uuid not null,
  version integer not null,
  epoch integer not null,
  recorded timestamptz not null,
  subject bytea,
  sealed bytea not null,
  primary key (vault, id, version)
);
create index representative_subject on representative (subject) where subject is not null;
alter table representative alter column sealed set storage external;

grant select, insert on representative to zorgsluis_app;
