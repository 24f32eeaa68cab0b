-- What Flask-Perm 0.2.8 makes of its models, with what its own use leaves behind:
-- a member of a deleted group, and a permission that has no code.
CREATE TABLE perm_permission (
    id INTEGER PRIMARY KEY, title VARCHAR(64) NOT NULL DEFAULT '', code VARCHAR(64) UNIQUE, created_at DATETIME);
CREATE TABLE perm_user_group (id INTEGER PRIMARY KEY, title VARCHAR(64) NOT NULL DEFAULT '', code VARCHAR(64) UNIQUE, created_at DATETIME);
CREATE TABLE perm_user_group_member (id INTEGER PRIMARY KEY, user_id INTEGER, user_group_id INTEGER, created_at DATETIME);
CREATE TABLE perm_user_permission (id INTEGER PRIMARY KEY, user_id INTEGER, permission_id INTEGER, created_at DATETIME);
CREATE TABLE perm_user_group_permission (id INTEGER PRIMARY KEY, user_group_id INTEGER, permission_id INTEGER, created_at DATETIME);
INSERT INTO perm_permission (id, title, code) VALUES
    (1, 'Create posts', 'post.create'), (2, 'Delete posts', 'post.delete'), (3, '', 'post.moderate'), (4, 'Never named', NULL);
INSERT INTO perm_user_group (id, title, code) VALUES (1, 'Moderators', 'moderators'), (2, '', 'authors');
INSERT INTO perm_user_group_permission (user_group_id, permission_id) VALUES (1, 3), (2, 1), (1, 4), (9, 1);
INSERT INTO perm_user_group_member (user_id, user_group_id) VALUES (1, 1), (1, 2), (2, 2), (4, 9);
INSERT INTO perm_user_permission (user_id, permission_id) VALUES (3, 2);
