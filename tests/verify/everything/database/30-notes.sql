create table notes (tenant text not null, body text not null);
alter table notes enable row level security;
alter table notes force row level security;
create policy own_rows on notes using (tenant = current_setting('app.tenant', true));
