-- A setting may hold what nobody is shown: the secret that this project has at
-- somebody else's sign-in.
ALTER TABLE settings ADD COLUMN secret BLOB;
