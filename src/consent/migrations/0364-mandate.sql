-- Whom a person lets look on their behalf, one row a version, never changed: sealed under the evidence
-- key of the vault. The proxy is a keyed hash of the number of who may look, so that a log-in finds what
-- it was given, and the table tells nobody's number.
create table mandate (
  vault uuid not null,
  id uuid not null,
  version integer not null,
  epoch integer not null,
  recorded timestamptz not null,
  proxy bytea not null,
  sealed bytea not null,
  primary key (vault, id, version)
);
create index mandate_proxy on mandate (proxy);
alter table mandate alter column sealed set storage external;

grant select, insert on mandate to zorgsluis_app;
