-- Organisations and clients are public registry data; sealed_state holds hashes and sealed bytes only.
create table organisation (
  id uuid primary key,
  ura text not null unique,
  aanbieder text unique,
  content jsonb not null
);

create table client (
  id text primary key,
  content jsonb not null,
  changed timestamptz not null default now()
);

create table client_jti (
  client text not null,
  jti text not null,
  expires timestamptz not null,
  primary key (client, jti)
);

create table sealed_state (
  hash bytea primary key,
  kind text not null,
  family uuid,
  sealed bytea not null,
  expires timestamptz not null,
  ended timestamptz
);
create index sealed_state_family on sealed_state (family) where family is not null;
create index sealed_state_expires on sealed_state (expires);

grant select, insert, update on organisation, client to zorgsluis_app;
grant select, insert, delete on client_jti to zorgsluis_app;
grant select, insert, update, delete on sealed_state to zorgsluis_app;
