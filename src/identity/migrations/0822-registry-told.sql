-- The registry as the ledger was told of it: the text whose digest stands in the line, so that a check can
-- name the row that is another now. Public keys, roles and numbers of organisations; nothing of any person.
create table registry_told (
  digest text primary key,
  content text not null,
  told timestamptz not null default now()
);

grant select, insert on registry_told to zorgsluis_app;
