-- When the key-encryption key changes, a count is sealed again; what it says stays as it was.
grant update (sealed) on figure_count to zorgsluis_app;
