-- How often each element was filled in what a sender's system sent: counts, and the last deliveries
-- in which it was missing. Nothing of anybody.
create table source_coverage (
  sender text not null,
  month date not null,
  type text not null,
  element text not null,
  seen bigint not null,
  filled bigint not null,
  lacking uuid[] not null default '{}',
  primary key (sender, month, type, element)
);
grant select, insert, update on source_coverage to zorgsluis_app;
