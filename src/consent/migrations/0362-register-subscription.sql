-- Subscriptions at the national register, one for each person and holder: vault and holder are random
-- ids, the id is the unguessable end of the address that notifications come to, the place is where the
-- register keeps it. Neither holds a number of the person.
create table register_subscription (
  vault uuid not null,
  holder uuid not null,
  id uuid not null unique,
  state text not null check (state in ('wanted', 'active', 'ending', 'ended')),
  place text,
  wanted timestamptz not null,
  changed timestamptz not null,
  primary key (vault, holder)
);
create index register_subscription_due on register_subscription (changed)
  where state in ('wanted', 'ending');

grant select, insert, update on register_subscription to zorgsluis_app;
