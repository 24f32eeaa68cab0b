-- The newest users first, without reading all of them. An absent time comes
-- before all others, as in every order.
CREATE INDEX users_created_at ON users ((coalesce(created_at, -4611686018427387904)), id);
