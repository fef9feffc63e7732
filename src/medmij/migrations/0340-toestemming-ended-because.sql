-- Why a consent ended, so that the person can read it and the app hears what it may.
alter table toestemming add column ended_because text;
