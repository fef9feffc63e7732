-- A delivery is one body as a sender handed it over. It holds ids, keyed digests and sealed bytes only.
create table delivery (
  id uuid primary key,
  sender text not null,
  digest bytea not null,
  original uuid not null,
  channel text not null,
  state text not null check (state in ('received', 'accepted', 'held', 'refused')),
  format text,
  receipt bytea,
  reasons text[] not null default '{}',
  received timestamptz not null,
  done timestamptz,
  unique (sender, digest)
);
create index delivery_open on delivery (received) where state = 'received';
create index delivery_waiting on delivery (sender, received, id) where state in ('held', 'refused');

-- The sender's own message key, keyed: the same key with another body is refused.
create table delivery_key (
  sender text not null,
  key bytea not null,
  delivery uuid not null,
  primary key (sender, key)
);

grant select, insert, update on delivery to zorgsluis_app;
grant select, insert on delivery_key to zorgsluis_app;
