-- "I do not recognise this": a person's question about a line of the log, and the answer. The text
-- is sealed under the evidence key of the person; the holder finds it by date.
create table line_question (
  vault uuid not null,
  id uuid not null,
  holder uuid not null,
  state text not null check (state in ('open', 'answered')),
  sealed bytea not null,
  asked timestamptz not null,
  due date not null,
  answered timestamptz,
  primary key (vault, id)
);
create index line_question_queue on line_question (holder, due, id) where state = 'open';

grant select, insert, update on line_question to zorgsluis_app;
