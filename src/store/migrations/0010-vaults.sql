-- A vault is one person's record. Its data key stands here wrapped by a key-encryption key; without
-- that wrapped key nothing of the record can be opened, so erasing a person is emptying data_key.
-- evidence_key is wrapped alike and survives erasure: choices and receipts that the law keeps.
create table vault (
  id uuid primary key,
  state text not null default 'open' check (state in ('open', 'erased')),
  epoch integer not null default 1,
  key_number integer not null default 1,
  kek text not null,
  data_key bytea,
  evidence_key bytea not null,
  opened timestamptz not null,
  erased timestamptz,
  check ((state = 'open') = (data_key is not null))
) with (fillfactor = 80);

-- From a person's number to the vault: a keyed hash, so the table tells no number. Hash first, so that
-- it can be distributed by it.
create table vault_lookup (
  hash uuid primary key,
  vault uuid not null
);
create index vault_lookup_vault on vault_lookup (vault);

grant select, insert, update on vault to zorgsluis_app;
grant select, insert, delete on vault_lookup to zorgsluis_app;
