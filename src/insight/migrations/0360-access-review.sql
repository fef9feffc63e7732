-- Accesses that somebody has to look at afterwards: emergencies, and care relations that were only
-- declared. One row is one time box of one user on one person; who that is stands sealed, the
-- digests find the open box and count a user's boxes.
create table access_review (
  id uuid primary key,
  holder uuid not null,
  kind text not null check (kind in ('emergency', 'declared')),
  subject bytea not null,
  actor bytea not null,
  state text not null check (state in ('open', 'second', 'closed')),
  sealed bytea not null,
  opened timestamptz not null,
  ends timestamptz not null,
  due date not null,
  closed timestamptz
);
create index access_review_queue on access_review (holder, due, id) where state <> 'closed';
create index access_review_done on access_review (holder, closed desc, id) where state = 'closed';
create index access_review_box on access_review (subject, ends);
create index access_review_actor on access_review (actor, opened);

grant select, insert, update on access_review to zorgsluis_app;
