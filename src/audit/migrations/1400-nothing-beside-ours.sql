-- Clusters that began before PostgreSQL 15 let every role make tables in their first schema. The gateway's role
-- makes none, and the check of the guards says so when it could.
do $$ begin execute format('revoke create on schema %I from public', current_schema()); end $$;
