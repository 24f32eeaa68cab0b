package store

import "database/sql"

// Stats returns how the connections for writes and for reads are used.
func (db *DB) Stats() (write, read sql.DBStats) { return db.write.Stats(), db.read.Stats() }
