insert into words values (1, 'first'), (2, 'second');
