-- One row is one resource. place is the keyed hash of type and id (128 bits, kept as uuid because
-- that is the smallest fixed 16 bytes PostgreSQL has); ids are unique per custodian, so the custodian
-- is part of the key. tokens are 64-bit hashes under a key of the vault. version is that of this row,
-- versions how many there are in all: an older version that arrives late goes straight to history.
create table resource (
  vault uuid not null,
  type text collate "C" not null,
  place uuid not null,
  custodian uuid not null,
  version integer not null,
  versions integer not null,
  updated timestamptz not null,
  deleted boolean not null,
  tokens bigint[] not null,
  sealed bytea not null,
  primary key (vault, type, place, custodian)
);
-- Sealed bytes and hashes do not compress: do not try.
alter table resource alter column sealed set storage external;
alter table resource alter column tokens set storage external;

create table resource_history (
  vault uuid not null,
  type text collate "C" not null,
  place uuid not null,
  custodian uuid not null,
  version integer not null,
  updated timestamptz not null,
  deleted boolean not null,
  sealed bytea not null,
  primary key (vault, type, place, custodian, version)
);
alter table resource_history alter column sealed set storage external;

-- From a bare id to a vault. The first custodian to use an id has it pooled: found without naming a
-- custodian. Distributed by place; never joined with a table of a vault.
create table resource_place (
  place uuid not null,
  custodian uuid not null,
  vault uuid not null,
  pooled boolean not null,
  primary key (place, custodian)
);

grant select, insert, update, delete on resource, resource_place to zorgsluis_app;
grant select, insert, delete on resource_history to zorgsluis_app;
