-- How often the rows of a record were written: whoever remembers what a question came to, and finds
-- the same number beside the same epoch and key, need not ask for those rows again.
alter table vault add column changes integer not null default 0;
