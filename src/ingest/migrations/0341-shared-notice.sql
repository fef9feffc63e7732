-- The provider is told that a person sent something: no content, no person, until its system takes it.
create table shared_notice (
  vault uuid not null,
  item uuid not null,
  organisation uuid not null,
  service text not null,
  created timestamptz not null,
  due timestamptz not null,
  attempts integer not null default 0,
  done timestamptz,
  outcome text,
  primary key (vault, item)
);
create index shared_notice_due on shared_notice (due) where done is null;
grant select, insert, update, delete on shared_notice to zorgsluis_app;
