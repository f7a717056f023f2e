create table words (id integer primary key, word text not null);
