-- Technical events for the MedMij chain log, waiting to be delivered; no personal data in them.
create table medmij_chain_event (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  at timestamptz not null,
  content jsonb not null,
  batch uuid,
  delivered timestamptz
);
create index medmij_chain_waiting on medmij_chain_event (seq) where batch is null;
create index medmij_chain_batch on medmij_chain_event (batch) where delivered is null;
create index medmij_chain_delivered on medmij_chain_event (delivered) where delivered is not null;
grant select, insert, update, delete on medmij_chain_event to zorgsluis_app;
