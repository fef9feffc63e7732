-- Whether a source answers: what it says of itself, and when anything last came from it. About
-- organisations only.
create table source_state (
  organisation uuid primary key,
  down_since timestamptz,
  -- When the source expects to be back; it is no longer down after that.
  down_until timestamptz,
  last_heard timestamptz
);
create index waiting_item_custodian on waiting_item (custodian);

grant select, insert, update on source_state to zorgsluis_app;
