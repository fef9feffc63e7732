-- What its sender took back waits no more: people were told of it for ever.
delete from waiting_item w using delivery d where d.id = w.delivery and d.rejected;
