-- A message about several people is parted: its content lies in originals of its parts, each of which
-- ends with the record it belongs to. Where parts_whole holds, put one after another they are the
-- message as it came, byte for byte.
alter table original add column parts uuid[];
alter table original add column parts_whole boolean not null default false;
