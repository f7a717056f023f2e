-- No key is unique here: a request that was carried out twice must show.
create table notes (key text not null);
create table jobs_done (key text primary key);
create table numbers (n bigint not null);
create table ledger (n bigint not null, told text not null);
