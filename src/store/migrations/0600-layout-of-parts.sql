-- How the message as it came is put together of its parts, where it is not one part after another:
-- a list of [number of the part, from which byte, how many bytes], or of white space and commas.
alter table original add column parts_layout jsonb;
