-- For the questions of auditors on millions of entries. What is seldom (refusals, emergencies,
-- changes, exports, merges) is found without passing over what is not; these indexes are small, and
-- an ordinary read, search, delivery or token adds nothing to them.

-- Entries lie about in the order of time, so a block range tells the period at nearly no cost. It
-- bounds the search among entries of more than one holder, whose index knows no order.
create index ledger_entry_time on ledger_entry using brin (at) with (pages_per_range = 32);

create index ledger_entry_refused on ledger_entry (organisation, at) where outcome <> 0;
create index ledger_entry_refused_holder on ledger_entry (holder, at)
  where outcome <> 0 and holder is not null;
create index ledger_entry_refused_holders on ledger_entry using gin (holders)
  where outcome <> 0 and holders is not null;

create index ledger_entry_emergency on ledger_entry (organisation, at) where route = 'emergency';
create index ledger_entry_emergency_holder on ledger_entry (holder, at)
  where route = 'emergency' and holder is not null;
create index ledger_entry_emergency_holders on ledger_entry using gin (holders)
  where route = 'emergency' and holders is not null;

create index ledger_entry_seldom on ledger_entry (organisation, at)
  where event <> all ('{read,search-type,receive,token,create,update,login,authorize}'::text[]);
create index ledger_entry_seldom_holder on ledger_entry (holder, at)
  where event <> all ('{read,search-type,receive,token,create,update,login,authorize}'::text[])
    and holder is not null;
create index ledger_entry_seldom_holders on ledger_entry using gin (holders)
  where event <> all ('{read,search-type,receive,token,create,update,login,authorize}'::text[])
    and holders is not null;
