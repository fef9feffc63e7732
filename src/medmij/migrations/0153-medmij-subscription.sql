-- Subscriptions of PGO apps to "there is something new", by person; ids only, vault first.
create table medmij_subscription (
  vault uuid not null,
  id uuid not null,
  consent uuid not null,
  client text not null,
  aanbieder uuid not null,
  service text not null,
  created timestamptz not null,
  -- Longest end that the person granted; the app may end it sooner, never later.
  granted_until timestamptz not null,
  ends timestamptz not null,
  primary key (vault, id)
);

-- Notifications that wait to be sent, or were: no health data, only which subscription and what kind.
create table medmij_notification (
  id uuid primary key,
  vault uuid not null,
  subscription uuid not null,
  kind text not null,
  end_date date,
  created timestamptz not null,
  due timestamptz not null,
  attempts integer not null default 0,
  done timestamptz,
  outcome text
);
create unique index medmij_notification_open on medmij_notification (subscription, kind)
  where done is null and attempts = 0;
create index medmij_notification_due on medmij_notification (due) where done is null;
grant select, insert, update, delete on medmij_subscription, medmij_notification to zorgsluis_app;
