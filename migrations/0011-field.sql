-- Right or refused: what the mends of faults found in the field need of the schema.

-- tables: S6

-- tables: S3

-- tables: S4

-- tables: S5

-- tables: S2

-- tables: S7

-- What the failed attempt ran under that is in no key, as JSON: where the next one would run under something else, it is
-- made. NULL: not known, or nothing failed.
ALTER TABLE trial ADD COLUMN failed_under TEXT;
ALTER TABLE stage ADD COLUMN failed_under TEXT;

-- tables: S8

-- tables: S1

-- views

