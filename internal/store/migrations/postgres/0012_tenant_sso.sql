-- Whether a tenant's members have to sign in at its own provider, as JSON; NULL if
-- not.
ALTER TABLE tenants ADD COLUMN sso TEXT COLLATE "C";
