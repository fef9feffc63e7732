-- Retention (audit.md 6.4): what is past its term goes, line and salt; leaves and hashes stay, so the
-- proofs of all others hold. The gateway's role still cannot delete: it may only ask for what a term
-- here has ended, and the function looks at the clock of the database.

-- Months after the writing, where the owner keeps longer than the least: the checks are what law asks.
create table ledger_term (
  class text primary key,
  months integer not null,
  check (months >= case class when 'care' then 60 when 'evidence' then 240 when 'pgo' then 36
    when 'chain' then 36 when 'security' then 24 end),
  check (class <> 'pgo' or months = 36)
);

-- All of a class up to here is gone or on hold.
create table ledger_term_done (
  class text primary key,
  done bigint not null
);

create view ledger_terms as
  select usual.class, coalesce(own.months, usual.months) as months, coalesce(d.done, -1) as done
    from (values ('care', 180), ('evidence', 240), ('pgo', 36), ('chain', 36), ('security', 24))
      as usual (class, months)
    left join ledger_term own on own.class = usual.class
    left join ledger_term_done d on d.class = usual.class;

-- Which entries a run took; the run itself is an entry with the digest over these.
create table ledger_pruned (
  seq bigint primary key,
  run uuid not null
);

-- A dispute or an investigation keeps the lines of a patient until it is lifted.
create table ledger_hold (
  id uuid primary key,
  patient bigint not null,
  set_at timestamptz not null,
  lifted_at timestamptz
);
create index ledger_hold_patient on ledger_hold (patient) where lifted_at is null;

create trigger written_once before update or delete or truncate on ledger_pruned
  for each statement execute function ledger_is_written_once();

create or replace function ledger_is_written_once() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and tg_table_name = 'ledger_entry'
    and current_setting('zorgsluis.end_of_term', true) = 'on' then
    return null;
  end if;
  raise exception 'the ledger is written once: % on % is refused', tg_op, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

-- The last number written before this moment; numbers and times rise together.
create function ledger_last_before(moment timestamptz) returns bigint
language plpgsql stable as $$
declare
  low bigint := -1;
  high bigint := (select size from ledger_head) - 1;
  middle bigint;
begin
  while low < high loop
    middle := low + (high - low + 1) / 2;
    if (select recorded from ledger_leaf where seq = middle) < moment then low := middle;
    else high := middle - 1;
    end if;
  end loop;
  return low;
end $$;

-- Takes at most so many entries of a class that are past their term, in order of number.
create function ledger_end_of_term(for_class text, for_run uuid, most integer)
returns table (seq bigint, hash bytea)
language plpgsql security definer set search_path from current as $$
declare
  term ledger_terms;
  until bigint;
  taken bigint[];
begin
  perform pg_advisory_xact_lock(hashtext('ledger_end_of_term'));
  select * into strict term from ledger_terms where class = for_class;
  until := ledger_last_before(now() - make_interval(months => term.months));
  select coalesce(array_agg(due.number), '{}') into taken from (
    select l.seq as number from ledger_leaf l
      join ledger_entry e on e.id = l.entry
      join ledger_key k on k.id = e.key
     where l.seq > term.done and l.seq <= until and k.class = for_class
       and not exists (select from ledger_hold h
         where h.patient = l.patient and h.lifted_at is null)
     order by l.seq limit most) due;
  perform set_config('zorgsluis.end_of_term', 'on', true);
  delete from ledger_entry e using ledger_leaf l where l.seq = any(taken) and e.id = l.entry;
  perform set_config('zorgsluis.end_of_term', 'off', true);
  insert into ledger_pruned (seq, run) select unnest(taken), for_run;
  insert into ledger_term_done (class, done)
    values (for_class, case when cardinality(taken) < most then greatest(term.done, until)
      else taken[cardinality(taken)] end)
    on conflict (class) do update set done = excluded.done;
  return query select l.seq, l.hash from ledger_leaf l where l.seq = any(taken) order by l.seq;
end $$;

-- The lines that waited for it are looked at again.
create function ledger_lift_hold(which uuid, moment timestamptz) returns bigint
language plpgsql security definer set search_path from current as $$
declare
  whose bigint;
begin
  update ledger_hold set lifted_at = moment where id = which and lifted_at is null
    returning patient into whose;
  if whose is not null then delete from ledger_term_done; end if;
  return whose;
end $$;

-- When all bodies of a month are gone, so is what opens them.
create function ledger_end_of_keys(for_class text) returns bigint
language plpgsql security definer set search_path from current as $$
declare
  gone bigint;
begin
  delete from ledger_key_wrap w using ledger_key k, ledger_terms t
   where k.id = w.key and k.class = for_class and t.class = for_class
     and k.month + make_interval(months => t.months + 1) < now()
     and not exists (select from ledger_entry e where e.key = k.id);
  get diagnostics gone = row_count;
  return gone;
end $$;

revoke execute on function ledger_end_of_term(text, uuid, integer) from public;
revoke execute on function ledger_lift_hold(uuid, timestamptz) from public;
revoke execute on function ledger_end_of_keys(text) from public;
grant execute on function ledger_end_of_term(text, uuid, integer) to zorgsluis_app;
grant execute on function ledger_lift_hold(uuid, timestamptz) to zorgsluis_app;
grant execute on function ledger_end_of_keys(text) to zorgsluis_app;
grant select on ledger_term, ledger_term_done, ledger_terms, ledger_pruned to zorgsluis_app;
grant select, insert on ledger_hold to zorgsluis_app;
