-- What a person chose, one row a version of one choice: never changed, never deleted. The rule is
-- sealed under the evidence key of the vault, which outlives erasure (AVG 7(1): consent must be provable).
-- change counts the saves of this vault, so that a page that is out of date can be told; epoch is the
-- consent epoch that the version came with, so that an old decision can be made again.
create table choice (
  vault uuid not null,
  id uuid not null,
  version integer not null,
  change integer not null,
  epoch integer not null,
  recorded timestamptz not null,
  sealed bytea not null,
  primary key (vault, id, version)
);
alter table choice alter column sealed set storage external;

-- The proof that a person gets of one save (consent.md 14).
create table choice_receipt (
  vault uuid not null,
  id uuid not null,
  change integer not null,
  recorded timestamptz not null,
  sealed bytea not null,
  primary key (vault, id)
);

-- A care relation is a fact with a begin and an end and its evidence; a version a row, as choices.
create table care_relation (
  vault uuid not null,
  id uuid not null,
  version integer not null,
  epoch integer not null,
  recorded timestamptz not null,
  sealed bytea not null,
  primary key (vault, id, version)
);

grant select, insert on choice, choice_receipt, care_relation to zorgsluis_app;
