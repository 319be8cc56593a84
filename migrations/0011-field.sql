-- Right or refused: what the mends of faults found in the field need of the schema.

-- tables: S6

-- tables: S3

-- tables: S4

-- tables: S5

-- tables: S2

-- tables: S7

-- tables: S8

-- tables: S1

-- views

