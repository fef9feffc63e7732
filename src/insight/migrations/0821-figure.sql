-- One count of a day for one organisation, purpose and region: how many people are of each age, sex and
-- set of measures. No row of it is a person and no name stands in it; small numbers do, so it is sealed.
create table figure_count (
  region text not null,
  organisation uuid not null,
  purpose text not null,
  day date not null,
  sealed bytea not null,
  primary key (region, organisation, purpose, day)
);

-- What was told in a region, whoever asked: the next answer may not tell a small number by subtraction.
create table figure_told (
  region text not null,
  cohort text not null,
  told timestamptz not null,
  primary key (region, cohort)
);

grant select, insert, delete on figure_count to zorgsluis_app;
grant select, insert on figure_told to zorgsluis_app;
