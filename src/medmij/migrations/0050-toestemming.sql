-- A consent given to a PGO (toestemming): whom, for which aanbieder and services. Ids only, vault first.
create table toestemming (
  vault uuid not null,
  id uuid not null,
  client text not null,
  aanbieder uuid not null,
  services text[] not null,
  long_lived boolean not null,
  given timestamptz not null,
  last_used timestamptz not null,
  ended timestamptz,
  primary key (vault, id)
);
grant select, insert, update on toestemming to zorgsluis_app;
