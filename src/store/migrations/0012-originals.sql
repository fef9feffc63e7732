-- A message as it came, sealed before anybody parsed it, so before anybody knows whose it is: the key
-- is the id. data_key is its own key, wrapped by the intake key of `kek` and, once the person is known,
-- by a key of the vault instead (then kek is null). about holds media type, sender and digest,
-- sealed; chunks is 0 and about empty while the message still comes in.
create table original (
  id uuid primary key,
  vault uuid,
  kek text,
  data_key bytea not null,
  chunks integer not null,
  received timestamptz not null,
  about bytea,
  check ((vault is null) = (kek is not null)),
  check ((chunks > 0) = (about is not null))
);
create index original_vault on original (vault) where vault is not null;
create index original_kek on original (kek) where kek is not null;
create index original_unfinished on original (received) where chunks = 0;

-- The content, at most 1 MiB a chunk; a chunk without its original is left over from a broken write.
create table original_chunk (
  original uuid not null,
  number integer not null,
  sealed bytea not null,
  primary key (original, number)
);
alter table original_chunk alter column sealed set storage external;

grant select, insert, update, delete on original to zorgsluis_app;
grant select, insert, delete on original_chunk to zorgsluis_app;
