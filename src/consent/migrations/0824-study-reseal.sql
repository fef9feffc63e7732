-- A rotation of the key-encryption key puts what studies were given under the new one as well.
grant update on study_run to zorgsluis_app;
