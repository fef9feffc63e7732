-- How often rows of a record were written: whoever remembers what a question came to, and finds the
-- same number beside the same epoch and key, need not ask for those rows again. A table of its own:
-- what is written with each resource should be small, and a choice need not wait for it.
create table vault_change (
  vault uuid primary key,
  changes bigint not null
) with (fillfactor = 50);

grant select, insert, update, delete on vault_change to zorgsluis_app;
