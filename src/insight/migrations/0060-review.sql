-- Cases for review. Who they are about stands sealed; the digest only finds the open case again.
create table review_case (
  id uuid primary key,
  holder uuid not null,
  subject bytea not null,
  state text not null check (state in ('open', 'second', 'closed')),
  score integer not null,
  sealed bytea not null,
  opened timestamptz not null,
  due date not null,
  closed timestamptz
);
create unique index review_case_open on review_case (holder, subject) where state <> 'closed';
create index review_case_queue on review_case (holder, due, id) where state <> 'closed';
create index review_case_done on review_case (holder, closed desc, id) where state = 'closed';

-- Every run over the ledger: from where to where, and how many lines. One that began and did not
-- finish, or a gap between two, is a period that nobody looked at.
create table review_run (
  since timestamptz primary key,
  until timestamptz not null,
  claimed timestamptz not null,
  lines bigint not null default 0,
  flags bigint not null default 0,
  finished timestamptz
);

grant select, insert, update on review_case to zorgsluis_app;
grant select, insert, update on review_run to zorgsluis_app;
