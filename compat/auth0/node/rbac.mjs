// Resource servers, roles, users, and what they hold.

import { all, check, database, holds, nobody, password, refused, refusedAs, same, sameSet } from './check.mjs';

// api makes a resource server that enforces RBAC, with permissions in tokens.
export async function api({ management }, identifier, permissions, change = {}) {
  return management.resourceServers.create({
    identifier,
    name: `API ${identifier}`,
    scopes: permissions.map((value) => ({ value, description: `May ${value}` })),
    enforce_policies: true,
    token_dialect: 'access_token_authz',
    ...change,
  });
}

// role makes a role with permissions of an API, and returns its id.
export async function role({ management }, name, identifier, permissions = []) {
  const { id } = await management.roles.create({ name, description: name });
  if (permissions.length) await management.roles.permissions.add(id, { permissions: named(identifier, ...permissions) });
  return id;
}

// user makes a user who signs in with the password, and returns the id.
export async function user({ management }, email, change = {}) {
  return (await management.users.create({ connection: database, email, password, ...change })).user_id;
}

export const named = (identifier, ...permissions) =>
  permissions.map((permission_name) => ({ resource_server_identifier: identifier, permission_name }));

const names = async (list) => (await all(list)).map((entry) => entry.name);
const permissionNames = async (list) => (await all(list)).map((entry) => entry.permission_name);

export async function resourceServers(world) {
  const { management, audience } = world;
  const identifier = 'https://orders.example.com/v1';
  let id;
  await check('resource server: create, and read by id and by identifier', async () => {
    ({ id } = await api(world, identifier, ['read:orders', 'write:orders']));
    for (const key of [id, identifier]) {
      const got = await management.resourceServers.get(key);
      same(got.id, id, 'id');
      same(got.token_dialect, 'access_token_authz', 'dialect');
      same(got.token_lifetime, 86400, 'lifetime');
      same(got.signing_alg, 'RS256', 'algorithm');
      same(got.scopes.length, 2, 'scopes');
    }
  });
  await check('resource server: update, which replaces scopes', async () => {
    const got = await management.resourceServers.update(id, { scopes: [{ value: 'read:orders' }], token_lifetime: 600 });
    same(got.scopes.map((scope) => scope.value), ['read:orders'], 'scopes');
    same([got.identifier, got.token_lifetime], [identifier, 600], 'the answer is whole');
  });
  await check('resource server: list, which has the Management API', async () => {
    const found = (await all(management.resourceServers.list())).map((rs) => rs.identifier);
    holds(found.includes(identifier) && found.includes(audience), 'both are there');
    same((await all(management.resourceServers.list({ identifiers: [identifier] }))).map((rs) => rs.id), [id], 'by identifier');
  });
  await check('resource server: an identifier is unique, and required', async () => {
    await refused(management.resourceServers.create({ identifier }), 409);
    await refused(management.resourceServers.create({ name: 'Nameless' }), 400);
  });
  await check('resource server: delete, twice', async () => {
    await management.resourceServers.delete(id);
    await management.resourceServers.delete(id);
    await refused(management.resourceServers.get(id), 404);
  });
}

export async function roles(world) {
  const { management } = world;
  const identifier = 'https://stock.example.com';
  await api(world, identifier, ['read:stock', 'write:stock']);
  let id;
  await check('role: create, read, update', async () => {
    ({ id } = await management.roles.create({ name: 'Keeper' }));
    holds(/^rol_[A-Za-z0-9]{16}$/.test(id), `the form of ${id}`);
    same((await management.roles.update(id, { description: 'Keeps' })).name, 'Keeper', 'name');
    same((await management.roles.get(id)).description, 'Keeps', 'description');
  });
  await check('role: list and filter, page by page', async () => {
    for (const n of [0, 1, 2, 3, 4]) await role(world, `Paged ${n}`);
    const page = await management.roles.list({ name_filter: 'paged', per_page: 2 });
    same([page.response.total, page.response.start, page.response.limit], [5, 0, 2], 'totals');
    sameSet(await names(page), ['Paged 0', 'Paged 1', 'Paged 2', 'Paged 3', 'Paged 4'], 'roles');
  });
  await check('role: a name is unique, and required', async () => {
    await refused(management.roles.create({ name: 'Keeper' }), 409);
    await refused(management.roles.create({ description: '?' }), 400);
  });
  await check('role permissions: add, list, remove', async () => {
    await management.roles.permissions.add(id, { permissions: named(identifier, 'read:stock', 'write:stock') });
    const [first] = await all(management.roles.permissions.list(id));
    same([first.resource_server_identifier, first.resource_server_name], [identifier, `API ${identifier}`], 'API');
    sameSet(await permissionNames(management.roles.permissions.list(id)), ['read:stock', 'write:stock'], 'permissions');
    await management.roles.permissions.delete(id, { permissions: named(identifier, 'write:stock') });
    sameSet(await permissionNames(management.roles.permissions.list(id)), ['read:stock'], 'permissions');
    await refused(management.roles.permissions.add(id, { permissions: named(identifier, 'burn:stock') }), 400, 404);
  });
  await check('role users: assign, and list from checkpoint to checkpoint', async () => {
    const ids = [];
    for (const n of ['a', 'b', 'c']) ids.push(await user(world, `${n}@keepers.example.com`));
    await management.roles.users.assign(id, { users: ids });
    sameSet((await all(management.roles.users.list(id, { take: 2 }))).map((u) => u.user_id), ids, 'users');
  });
  await check('role: delete, and then it does not exist', async () => {
    await management.roles.delete(id);
    await refusedAs('The role does not exist.', management.roles.get(id), 404);
    await refused(management.roles.delete(id), 404);
  });
}

export async function users(world) {
  const { management } = world;
  let id;
  await check('user: create with metadata, and read', async () => {
    const made = await management.users.create({
      connection: database, email: 'Grace@example.com', password, given_name: 'Grace',
      app_metadata: { plan: 'pro', limits: { seats: 5 } }, user_metadata: { colour: 'red', size: 3 },
    });
    id = made.user_id;
    holds(/^auth0\|[0-9a-f]{24}$/.test(id), `the form of ${id}`);
    const got = await management.users.get(id);
    same([got.email, got.nickname, got.email_verified, got.given_name], ['grace@example.com', 'grace', false, 'Grace'], 'profile');
    same(got.identities, [{ connection: database, user_id: id.split('|')[1], provider: 'auth0', isSocial: false }], 'identities');
    same([got.app_metadata, got.user_metadata], [{ plan: 'pro', limits: { seats: 5 } }, { colour: 'red', size: 3 }], 'metadata');
    holds(!('password' in got), 'no password comes back');
  });
  await check('user: update merges metadata at the first level, and null removes', async () => {
    const got = await management.users.update(id, { name: 'Grace Hopper', app_metadata: { limits: { disks: 2 } }, user_metadata: { colour: null } });
    same([got.name, got.app_metadata, got.user_metadata], ['Grace Hopper', { plan: 'pro', limits: { disks: 2 } }, { size: 3 }], 'user');
  });
  await check('user: block, and some fields alone', async () => {
    await management.users.update(id, { blocked: true });
    same(await management.users.get(id, { fields: 'email,blocked', include_fields: true }), { email: 'grace@example.com', blocked: true }, 'fields');
    holds(!('email' in (await management.users.get(id, { fields: 'email', include_fields: false }))), 'without the address');
  });
  await check('user: by address, or nobody', async () => {
    same((await management.users.listUsersByEmail({ email: 'GRACE@example.com' })).map((u) => u.user_id), [id], 'found');
    same(await management.users.listUsersByEmail({ email: 'nobody@example.com' }), [], 'nobody');
  });
  await check('user: an id of one\'s own', async () => {
    same(await user(world, 'own@example.com', { user_id: '507f1f77bcf86cd799439020' }), 'auth0|507f1f77bcf86cd799439020', 'id');
  });
  await check('user: an address is taken; a password is weak; a connection is required', async () => {
    await refusedAs('The user already exists.', management.users.create({ connection: database, email: 'grace@example.com', password }), 409);
    await refused(management.users.create({ connection: database, email: 'weak@example.com', password: 'abc' }), 400);
    await refused(management.users.create({ email: 'none@example.com', password }), 400);
    same(await management.users.listUsersByEmail({ email: 'weak@example.com' }), [], 'nobody was made');
  });
  await check('user: delete, twice', async () => {
    await management.users.delete(id);
    await management.users.delete(id);
    await refusedAs('The user does not exist.', management.users.get(id), 404);
  });
}

export async function search(world) {
  const { management } = world;
  for (const name of ['lin', 'lou', 'max']) {
    await user(world, `${name}@search.example.com`, { name: `${name} Search`, app_metadata: { plan: name === 'lin' ? 'pro' : 'free' } });
  }
  for (const [q, want] of [
    ['email:"lin@search.example.com"', ['lin']],
    ['name:*search* AND NOT email:"max@search.example.com"', ['lin', 'lou']],
    ['app_metadata.plan:"free" AND email:*@search.example.com', ['lou', 'max']],
    ['email:"nobody@search.example.com"', []],
  ]) {
    await check(`search: ${q}`, async () => {
      sameSet((await all(management.users.list({ q, search_engine: 'v3' }))).map((u) => u.email.split('@')[0]), want, 'found');
    });
  }
  await check('search: sorted, page by page', async () => {
    const found = await all(management.users.list({ q: 'email:*@search.example.com', sort: 'email:-1', per_page: 2 }));
    same(found.map((u) => u.email.split('@')[0]), ['max', 'lou', 'lin'], 'found');
  });
  await check('search: a query that can\'t be read is refused', async () => {
    await refused(management.users.list({ q: 'email:"unclosed' }), 400);
  });
}

export async function holdings(world) {
  const { management } = world;
  const identifier = 'https://held.example.com';
  await api(world, identifier, ['read:it', 'write:it']);
  const id = await user(world, 'holder@example.com');
  const [one, two] = [await role(world, 'One'), await role(world, 'Two', identifier, ['read:it'])];
  await check('user roles: assign, list, remove', async () => {
    await management.users.roles.assign(id, { roles: [one, two] });
    sameSet(await names(management.users.roles.list(id)), ['One', 'Two'], 'roles');
    await management.users.roles.delete(id, { roles: [one] });
    sameSet(await names(management.users.roles.list(id)), ['Two'], 'roles');
    await refusedAs('The user does not exist.', management.users.roles.assign(nobody, { roles: [one] }), 404);
    await refused(management.users.roles.assign(id, { roles: ['rol_0000000000000000'] }), 400, 404);
  });
  await check('user permissions: direct and by role, with their sources', async () => {
    await management.users.permissions.create(id, { permissions: named(identifier, 'write:it') });
    const found = Object.fromEntries((await all(management.users.permissions.list(id))).map((p) => [p.permission_name, p.sources]));
    same(found, {
      'read:it': [{ source_id: two, source_name: 'Two', source_type: 'ROLE' }],
      'write:it': [{ source_id: '', source_name: '', source_type: 'DIRECT' }],
    }, 'sources');
    await management.users.permissions.delete(id, { permissions: named(identifier, 'write:it') });
    sameSet(await permissionNames(management.users.permissions.list(id)), ['read:it'], 'permissions');
  });
  await check('user: effective roles and permissions', async () => {
    sameSet(await names(management.users.effectiveRoles.list(id)), ['Two'], 'roles');
    sameSet(await permissionNames(management.users.effectivePermissions.list(id, { resource_server_identifier: identifier })), ['read:it'], 'permissions');
  });
  await check('user: logs, sessions, refresh tokens', async () => {
    holds((await all(management.users.logs.list(id))).length > 0, 'there are logs');
    same(await all(management.users.sessions.list(id)), [], 'sessions');
    await management.users.sessions.delete(id);
    await management.users.refreshToken.delete(id);
  });
}
