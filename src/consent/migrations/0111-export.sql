-- An export that was asked for, and its files. What was asked is sealed for the gateway, the files under
-- the key of the record they are of, so that they end with it. Files go when the export expires.
create table export_job (
  id uuid primary key,
  client text not null,
  state text not null check (state in ('running', 'done', 'failed')),
  request bytea not null,
  -- How many resources are in the files so far.
  resources integer not null default 0,
  created timestamptz not null,
  -- The last sign of life of whoever runs it.
  touched timestamptz not null,
  expires timestamptz not null
);
create index export_job_client on export_job (client);
create index export_job_expires on export_job (expires);

create table export_chunk (
  job uuid not null,
  type text not null,
  number integer not null,
  resources integer not null,
  sealed bytea not null,
  primary key (job, type, number)
);
alter table export_chunk alter column sealed set storage external;

grant select, insert, update, delete on export_job to zorgsluis_app;
grant select, insert, delete on export_chunk to zorgsluis_app;
