-- What an organisation tells the detectors of itself over HTTP: who works there, who is on duty, which
-- records are under extra watch, whom it treated. The last text of each, sealed as it came.
create table review_fact (
  organisation uuid not null,
  name text not null check (name in ('staff.csv', 'rosters.csv', 'watch.csv', 'relations.csv')),
  lines integer not null,
  recorded timestamptz not null,
  sealed bytea not null,
  primary key (organisation, name)
);
alter table review_fact alter column sealed set storage external;

grant select, insert, update, delete on review_fact to zorgsluis_app;
