-- Every order writes these rows, and every index is written with them. Movements are read by SKU, newest first, and
-- nothing asks for one by its id alone; nothing asks for the reservations that are held, either, while an index on the
-- status makes each change of it a new entry in every index of the table.
drop index movements_by_sku;
alter table movements drop constraint movements_pkey;
alter table movements add constraint movements_pkey primary key (sku, id);
drop index reservations_held;
