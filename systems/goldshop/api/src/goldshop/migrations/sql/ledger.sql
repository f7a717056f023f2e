-- The books. They hold by themselves: what does not balance is not committed, and what is committed never changes,
-- whoever asks: the triggers are ENABLE ALWAYS, so that session_replication_role does not switch them off.

create table accounts (
    code text primary key constraint accounts_code check (code ~ '^[0-9]{4}$'),
    name text not null,
    kind text not null constraint accounts_kind check (kind in ('asset', 'liability', 'equity', 'income', 'expense'))
);

insert into accounts (code, name, kind) values
    ('1000', 'Cash', 'asset'), ('1010', 'Card clearing', 'asset'), ('1020', 'Bank', 'asset'),
    ('1100', 'Receivables', 'asset'), ('1200', 'Inventory', 'asset'), ('1400', 'Input VAT', 'asset'),
    ('1500', 'Shop fittings', 'asset'),
    ('2000', 'Payables', 'liability'), ('2100', 'VAT on sales', 'liability'), ('2200', 'Loans', 'liability'),
    ('3000', 'Owner''s equity', 'equity'),
    ('4000', 'Sales', 'income'), ('4900', 'Other income', 'income'),
    ('5000', 'Cost of goods sold', 'expense'), ('5100', 'Shrinkage', 'expense'),
    ('6000', 'Rent', 'expense'), ('6100', 'Wages', 'expense'), ('6200', 'Electricity', 'expense'),
    ('6300', 'Insurance', 'expense'), ('6400', 'Advertising', 'expense'), ('6500', 'Bank and card fees', 'expense'),
    ('6900', 'Other expenses', 'expense');

create table transactions (
    id uuid primary key,
    number bigint generated always as identity unique,
    at date not null,
    description text not null,
    source_kind text not null constraint transactions_source_kind
        check (source_kind in ('purchase', 'sale', 'return', 'payment', 'adjustment', 'opening', 'manual', 'reversal')),
    source_id uuid,
    created_by uuid not null references users,
    -- Set by the trigger below, never by who inserts: together they name the database transaction it came in.
    created_at timestamptz not null default now(),
    made_in xid8 not null default pg_current_xact_id(),
    reverses uuid unique references transactions
);
create index transactions_by_date on transactions (at, number);
create index transactions_of_source on transactions (source_id);

create table postings (
    transaction_id uuid not null references transactions,
    position integer not null,
    account_code text not null references accounts,
    amount numeric(14, 2) not null constraint postings_amount check (amount <> 0),
    primary key (transaction_id, position)
);
create index postings_of_account on postings (account_code, transaction_id);

create function refuse_change() returns trigger language plpgsql as $body$
begin
    raise exception 'What is in % stays as it is: % is refused.', tg_table_name, lower(tg_op)
        using errcode = 'restrict_violation';
end $body$;

create function ledger_stamp() returns trigger language plpgsql as $body$
begin
    new.created_at := now();
    new.made_in := pg_current_xact_id();
    return new;
end $body$;

-- Names are qualified: nobody's temporary table comes in between.
create function ledger_check() returns trigger language plpgsql as $body$
declare
    checked uuid;
    total numeric;
    found bigint;
begin
    if tg_table_name = 'transactions' then
        checked := new.id;
    else
        checked := new.transaction_id;
    end if;
    select coalesce(sum(amount), 0), count(*) into total, found
        from public.postings where transaction_id = checked;
    if found < 2 or total <> 0 then
        raise exception 'Transaction % does not balance: % postings, off by %.', checked, found, total
            using errcode = 'check_violation', constraint = 'ledger_balance';
    end if;
    return null;
end $body$;

create trigger stamp before insert on transactions for each row execute function ledger_stamp();
create trigger no_change before update or delete on transactions for each row execute function refuse_change();
create trigger no_truncate before truncate on transactions for each statement execute function refuse_change();
create trigger no_change before update or delete on postings for each row execute function refuse_change();
create trigger no_truncate before truncate on postings for each statement execute function refuse_change();
create constraint trigger balance after insert on transactions deferrable initially deferred
    for each row execute function ledger_check();
create constraint trigger balance after insert on postings deferrable initially deferred
    for each row execute function ledger_check();

alter table transactions enable always trigger stamp;
alter table transactions enable always trigger no_change;
alter table transactions enable always trigger no_truncate;
alter table transactions enable always trigger balance;
alter table postings enable always trigger no_change;
alter table postings enable always trigger no_truncate;
alter table postings enable always trigger balance;
