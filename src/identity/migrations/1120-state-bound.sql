-- A row of state that lives is bound by a key of the gateway: one that somebody wrote into the table
-- opens nothing. Rows of before are bound at the first start.
alter table sealed_state add column bound bytea;
