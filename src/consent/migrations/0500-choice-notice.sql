-- Sources that want to know that a choice of their patient changed: that it did and from when, never
-- what it is or of whom in clear. A row waits until its source took it, in the order of the saves.
create table choice_notice (
  vault uuid not null,
  id uuid not null,
  -- The sending system that is told, and whose it is.
  client text not null,
  organisation uuid not null,
  created timestamptz not null,
  epoch integer not null,
  -- From when the change counts, and until when if it ends by itself.
  effective timestamptz not null,
  until timestamptz,
  -- When it is to be sent next; null where the source asks by itself.
  due timestamptz,
  attempts integer not null default 0,
  sent timestamptz,
  acknowledged timestamptz,
  primary key (vault, id)
);
create index choice_notice_due on choice_notice (client, created, epoch, id) where due is not null;
create index choice_notice_open on choice_notice (client, created, epoch, id) where acknowledged is null;

grant select, insert, update, delete on choice_notice to zorgsluis_app;
