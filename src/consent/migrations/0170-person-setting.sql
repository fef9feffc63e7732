-- How a person wants to be told of access, and nothing else; sealed, since it says something of the
-- person. One row a person, replaced; each change stands in the ledger.
create table person_setting (
  vault uuid primary key,
  version integer not null,
  changed timestamptz not null,
  sealed bytea not null
);

grant select, insert, update on person_setting to zorgsluis_app;
