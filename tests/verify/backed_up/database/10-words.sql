CREATE TABLE words (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, word text NOT NULL);
INSERT INTO words (word) SELECT 'word ' || n FROM generate_series(1, 5000) n;
