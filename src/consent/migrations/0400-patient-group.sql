-- A list of people that a client keeps to export them together. Whom it names is sealed for the gateway:
-- whose patient somebody is says what for. Only the client itself ever reads it.
create table patient_group (
  client text not null,
  id text not null,
  version integer not null default 1,
  changed timestamptz not null,
  sealed bytea not null,
  primary key (client, id)
);
grant select, insert, update, delete on patient_group to zorgsluis_app;

-- An export may be of several records; each piece of a file is sealed under the key of the one it is of.
alter table export_chunk add column record integer not null default 0;
alter table export_chunk drop constraint export_chunk_pkey;
alter table export_chunk add primary key (job, type, record, number);
