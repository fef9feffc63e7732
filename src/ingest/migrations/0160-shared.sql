-- What people send to a provider themselves. A provider opens or closes its window for each service
-- and says how many bundles a day it wants of one person; without a row it is open.
create table share_window (
  organisation uuid not null,
  service text not null,
  is_open boolean not null,
  per_day_max integer check (per_day_max > 0),
  reason text not null default '',
  changed timestamptz not null,
  primary key (organisation, service)
);

-- What became of each bundle: the person is told. What was in it, and what the provider wrote about
-- it, is sealed under the person's key.
create table shared_item (
  vault uuid not null,
  id uuid not null,
  organisation uuid not null,
  service text not null,
  digest bytea not null,
  received timestamptz not null,
  state text not null default 'received'
    check (state in ('received', 'opened', 'filed', 'not-accepted')),
  changed timestamptz not null,
  sealed bytea not null,
  primary key (vault, id)
);
create unique index shared_item_once on shared_item (vault, organisation, service, digest);
create index shared_item_of_organisation on shared_item (organisation, received desc, id);

grant select, insert, update, delete on share_window to zorgsluis_app;
grant select, insert, update, delete on shared_item to zorgsluis_app;
