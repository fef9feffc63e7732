-- The last good copy of each MedMij list, as published: public data of organisations.
create table medmij_list (
  kind text primary key,
  volgnummer bigint not null,
  fetched timestamptz not null,
  xml text not null
);
grant select, insert, update on medmij_list to zorgsluis_app;
