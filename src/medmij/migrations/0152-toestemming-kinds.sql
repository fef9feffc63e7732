-- A consent may be to collect, to share once, or to be notified; and somebody may have given it for another.
alter table toestemming add column kind text not null default 'verzamelen';
alter table toestemming add column given_by text;
