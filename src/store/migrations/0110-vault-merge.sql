-- Two records that turn out to be one person's: everything of the merged vault moves to the other, and
-- this row remembers what moved, so that it can be taken apart again. Keyed hashes and type names only.
-- A merged vault has no key: a new one is made when it is taken apart.
alter table vault drop constraint vault_state_check;
alter table vault add constraint vault_state_check check (state in ('open', 'erased', 'merged'));

create table vault_merge (
  vault uuid not null,
  id uuid not null,
  merged uuid not null,
  at timestamptz not null,
  undone timestamptz,
  -- Rows that moved, at the same places of three arrays.
  types text[] not null,
  places uuid[] not null,
  custodians uuid[] not null,
  originals uuid[] not null,
  lookups uuid[] not null,
  primary key (vault, id)
);

grant select, insert, update, delete on vault_merge to zorgsluis_app;
