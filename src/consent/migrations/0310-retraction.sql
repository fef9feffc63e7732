-- What a source took back, and who had read it: each of them is told. Ids only; what it was, and in
-- which answer it was read, stands sealed under the evidence key. Vault first.
create table retraction (
  vault uuid not null,
  id uuid not null,
  custodian uuid not null,
  at timestamptz not null,
  -- When the ledger was searched for its readers for the last time.
  searched timestamptz,
  sealed bytea not null,
  primary key (vault, id)
);
create index retraction_unsearched on retraction (at) where searched is null;

create table retraction_notice (
  vault uuid not null,
  id uuid not null,
  retraction uuid not null,
  custodian uuid not null,
  -- partner, pgo or person
  kind text not null,
  client text not null,
  organisation uuid,
  created timestamptz not null,
  -- When it is to be sent next; null where the reader looks by itself.
  due timestamptz,
  attempts integer not null default 0,
  sent timestamptz,
  acknowledged timestamptz,
  sealed bytea not null,
  primary key (vault, id),
  unique (vault, retraction, client)
);
create index retraction_notice_client on retraction_notice (client, created, id);
create index retraction_notice_due on retraction_notice (due) where due is not null;
create index retraction_notice_open on retraction_notice (custodian, created)
  where acknowledged is null;

grant select, insert, update, delete on retraction, retraction_notice to zorgsluis_app;
