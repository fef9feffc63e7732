-- The key of one study: the pseudonyms of its people come from it and from nothing else, so those of
-- two studies cannot be joined. One row a study (the organisation that does it).
create table study_key (
  organisation uuid primary key,
  created timestamptz not null,
  sealed bytea not null
);

-- What a study was given: the pseudonyms of one run, so that the next can say who left since.
create table study_run (
  organisation uuid not null,
  run uuid not null,
  at timestamptz not null,
  sealed bytea not null,
  primary key (organisation, run)
);

grant select, insert, update on study_key to zorgsluis_app;
grant select, insert on study_run to zorgsluis_app;
