-- Somebody who left a study: who, and under which name the study knows this person, sealed for the
-- gateway. The row goes when the study took the notice, or when the next manifest has to tell.
create table study_notice (
  id uuid primary key,
  organisation uuid not null,
  created timestamptz not null,
  due timestamptz not null,
  attempts integer not null default 0,
  sealed bytea not null
);
create index study_notice_due on study_notice (due);

grant select, insert, update, delete on study_notice to zorgsluis_app;
