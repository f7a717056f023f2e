create table entry (id serial primary key, words text);
