-- Which vault a number leads to, bound by a key of the gateway: a row that somebody put in or moved past
-- it shows. Rows of before have none, and are compared with the record.
alter table vault_lookup add column bound bytea;
