-- Right or refused: what the mends of faults found in the field need of the schema.

-- tables: S6

-- The run that writes the file now; no row where none does. `mark` is that run's alone and changes whenever its
-- write-ahead log has gone back into the file: whoever finds another one does not write this file any more.
CREATE TABLE writer (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  mark    TEXT NOT NULL,
  pid     INTEGER NOT NULL,
  host    TEXT NOT NULL,
  since   TEXT NOT NULL,
  process TEXT                                         -- boot of the machine and start of the process after it; NULL where the system tells none
) STRICT;

-- tables: S3

-- tables: S4

-- tables: S5

-- tables: S2

-- tables: S7

-- tables: S8

-- tables: S1

-- views

