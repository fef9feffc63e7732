-- What the national register answered about a person and one recipient, each time it was asked: a line of
-- the ledger names the row, so that the decision can be made again, and the person's page shows the last.
-- Sealed under the evidence key of the vault, since who asked about whom says something by itself.
create table register_answer (
  vault uuid not null,
  id uuid not null,
  asked timestamptz not null,
  sealed bytea not null,
  primary key (vault, id)
);
create index register_answer_last on register_answer (vault, asked desc);

grant select, insert on register_answer to zorgsluis_app;
