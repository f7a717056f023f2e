create table visits (at date not null) partition by range (at);
create table visits_early partition of visits for values from ('1950-01-01') to ('2000-01-01');
create table visits_now partition of visits for values from ('2000-01-01') to ('2050-01-01');
create table visits_late partition of visits for values from ('2050-01-01') to ('2100-01-01');
create table visits_rest partition of visits default;
