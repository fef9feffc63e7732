-- Whether the system of a provider answers when it is asked, and who said that it is down: the
-- source itself, or the question that nobody answered.
alter table source_state
  add column probed timestamptz,
  add column probe_failures integer not null default 0,
  add column down_by text check (down_by in ('source', 'probe'));
update source_state set down_by = 'source' where down_since is not null;
