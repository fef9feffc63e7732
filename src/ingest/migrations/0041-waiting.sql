-- What waits of a person's record at a source: numbers only, so that the person can be told.
create table waiting_item (
  vault uuid not null,
  delivery uuid not null,
  custodian uuid not null,
  items integer not null check (items > 0),
  since timestamptz not null,
  primary key (vault, delivery)
);

-- Codes of a sender's own that nobody translated, sealed, with how often they came.
create table unknown_code (
  sender text not null,
  digest bytea not null,
  sealed bytea not null,
  seen bigint not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (sender, digest)
);

grant select, insert, update, delete on waiting_item to zorgsluis_app;
grant select, insert, update, delete on unknown_code to zorgsluis_app;

-- A delivery that its sender took back from quarantine is done: it stays, and waits no more.
alter table delivery add column rejected boolean not null default false;
drop index delivery_waiting;
create index delivery_waiting on delivery (sender, received, id)
  where state in ('held', 'refused') and not rejected;
