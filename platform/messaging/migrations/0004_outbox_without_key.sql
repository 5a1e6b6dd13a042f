-- Every event is written here and marked when it is sent, and an index on all rows is written both times. Nothing asks
-- for an event by its id: the relay walks the index of unsent rows and marks what it has locked by its place.
alter table outbox drop constraint outbox_pkey;
