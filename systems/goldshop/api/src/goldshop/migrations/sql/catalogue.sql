-- What is sold: items in categories, each in one or more variants with a price and barcodes.

create table units (
    code text primary key,
    name text not null,
    decimals smallint not null constraint units_decimals check (decimals between 0 and 3)
);

insert into units (code, name, decimals) values
    ('pc', 'piece', 0), ('pair', 'pair', 0), ('set', 'set', 0), ('g', 'gram', 2), ('ct', 'carat', 2),
    ('cm', 'centimetre', 1), ('h', 'hour', 2);

create table categories (
    id uuid primary key,
    name text not null,
    path ltree not null unique
);
create index categories_below on categories using gist (path);

create table items (
    id uuid primary key,
    sku text not null unique,
    name text not null,
    description text not null default '',
    category_id uuid not null references categories,
    unit text not null references units,
    tax_rate numeric(5, 4) not null constraint items_tax_rate check (tax_rate >= 0 and tax_rate < 1),
    reorder_level numeric(14, 3) not null default 0 constraint items_reorder_level check (reorder_level >= 0),
    -- A service, such as an engraving, is sold without being in stock.
    stocked boolean not null default true,
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    search tsvector not null generated always as (
        setweight(to_tsvector('english', name), 'A') || setweight(to_tsvector('simple', sku), 'A')
        || setweight(to_tsvector('english', description), 'B')
    ) stored
);
create index items_by_name on items (name, id);
create index items_newest on items (created_at, id);
create index items_of_category on items (category_id, name, id);
create index items_search on items using gin (search);
create index items_similar on items using gin (name gin_trgm_ops, sku gin_trgm_ops);

create table variants (
    id uuid primary key,
    item_id uuid not null references items,
    sku text not null unique,
    name text not null default '',
    attributes jsonb not null default '{}',
    price numeric(14, 2) not null constraint variants_price check (price >= 0),
    cost numeric(14, 4) not null default 0 constraint variants_cost check (cost >= 0),
    position integer not null default 0,
    active boolean not null default true
);
create index variants_of_item on variants (item_id, position, id);
create index variants_similar on variants using gin (sku gin_trgm_ops);

-- The last digit of an EAN-13 makes the sum of its digits, the even ones three times, a multiple of ten.
create function is_ean13(code text) returns boolean language sql immutable strict parallel safe as $body$
    select code ~ '^[0-9]{13}$' and (
        select sum(digit::int * case when place % 2 = 0 then 3 else 1 end) % 10 = 0
        from regexp_split_to_table(case when code ~ '^[0-9]{13}$' then code else '1' end, '')
            with ordinality as digits (digit, place)
    )
$body$;

create table barcodes (
    code text primary key constraint barcodes_code check (length(code) between 1 and 200),
    variant_id uuid not null references variants,
    kind text not null constraint barcodes_kind check (kind in ('ean13', 'code128', 'qr')),
    constraint barcodes_check_digit check (kind <> 'ean13' or is_ean13(code))
);
create index barcodes_of_variant on barcodes (variant_id, code);

-- EAN-13 codes from 20 to 29 are for use within a shop; ours are 20, ten digits from here, and the check digit.
create sequence internal_barcodes maxvalue 9999999999;

create table images (
    id uuid primary key,
    item_id uuid not null references items,
    position integer not null default 0,
    status text not null default 'pending' constraint images_status check (status in ('pending', 'ready', 'refused')),
    reason text,
    alt text not null default '',
    width integer,
    height integer,
    bytes bigint,
    formats jsonb not null default '{}',
    created_at timestamptz not null default now()
);
create index images_of_item on images (item_id, position, id);
