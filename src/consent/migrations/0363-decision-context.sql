-- What decisions of one time shared, once under its SHA-256: the engine, the policy and the
-- organisations with their regions. Public data of organisations; nothing of any person.
create table decision_context (
  digest bytea primary key,
  first_used timestamptz not null,
  content text not null
);

grant select, insert on decision_context to zorgsluis_app;
