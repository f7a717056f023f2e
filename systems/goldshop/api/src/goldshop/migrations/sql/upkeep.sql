-- The months ahead, made by the worker: it has the rights of the application, so it may ask for this and nothing more.

create function keep_partitions() returns text[]
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
declare
    made text[] := '{{}}';
    parent regclass;
    place text;
    part text;
    first date;
    grantee text;
begin
    perform pg_advisory_xact_lock(hashtextextended('goldshop months ahead', 0));
    foreach parent in array array[{tables}]::regclass[] loop
        -- What TimescaleDB keeps needs nobody to make room for it.
        continue when not exists (select from pg_partitioned_table where partrelid = parent);
        select format('%I.', nspname) || relname into place
            from pg_class join pg_namespace n on n.oid = relnamespace where pg_class.oid = parent;
        for months in 0..{ahead} loop
            first := date_trunc('month', now() at time zone 'UTC') + make_interval(months => months);
            part := format('%s_y%sm%s', place, to_char(first, 'YYYY'), to_char(first, 'MM'));
            continue when exists (
                select from pg_inherits join pg_class child on child.oid = inhrelid
                where inhparent = parent
                    and pg_get_expr(relpartbound, child.oid) like format('FOR VALUES FROM (''%s%%', first)
            );
            execute format('create table %s (like %s including defaults including constraints including storage'
                ' including compression including generated)', part, parent);
            -- Rows are reached by way of the table alone, with its rights.
            for grantee in
                select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
                from pg_class c, aclexplode(c.relacl) a where c.oid = part::regclass and a.grantee <> c.relowner
            loop
                execute format('revoke all on %s from %s', part, grantee);
            end loop;
            execute format('alter table %s attach partition %s for values from (%L) to (%L)', parent, part,
                first::timestamp at time zone 'UTC', (first + interval '1 month')::timestamp at time zone 'UTC');
            made := made || part;
        end loop;
    end loop;
    return made;
end $body$;
