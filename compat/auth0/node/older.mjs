// auth0/legacy: the ManagementClient of version 4, which many programs stay on.

import { check, database, holds, password, refused, same, sameSet } from './check.mjs';

export async function older({ legacy, server }) {
  const identifier = 'https://legacy.example.com';
  let user_id, role_id;
  await check('legacy: resource server, role, permissions', async () => {
    const rs = (await legacy.resourceServers.create({ identifier, name: 'Legacy', scopes: [{ value: 'read:it' }], enforce_policies: true, token_dialect: 'access_token_authz' })).data;
    same((await legacy.resourceServers.get({ id: identifier })).data.id, rs.id, 'id');
    role_id = (await legacy.roles.create({ name: 'Legacy' })).data.id;
    await legacy.roles.addPermissions({ id: role_id }, { permissions: [{ resource_server_identifier: identifier, permission_name: 'read:it' }] });
    same((await legacy.roles.getPermissions({ id: role_id })).data.map((p) => p.permission_name), ['read:it'], 'permissions');
  });
  await check('legacy: user with a role, and lists as arrays or with totals', async () => {
    user_id = (await legacy.users.create({ connection: database, email: 'legacy@example.com', password })).data.user_id;
    await legacy.users.assignRoles({ id: user_id }, { roles: [role_id] });
    same((await legacy.users.getRoles({ id: user_id })).data.map((r) => r.id), [role_id], 'an array');
    const totals = (await legacy.users.getRoles({ id: user_id, include_totals: true, per_page: 10, page: 0 })).data;
    same([totals.total, totals.start, totals.limit, totals.roles.length], [1, 0, 10, 1], 'with totals');
    same((await legacy.users.getPermissions({ id: user_id })).data.map((p) => p.permission_name), ['read:it'], 'permissions');
    same((await legacy.usersByEmail.getByEmail({ email: 'legacy@example.com' })).data.length, 1, 'by address');
    sameSet((await legacy.users.getAll({ q: 'email:"legacy@example.com"' })).data.map((u) => u.user_id), [user_id], 'search');
  });
  await check('legacy: organization with a member', async () => {
    const { id } = (await legacy.organizations.create({ name: 'legacy' })).data;
    await legacy.organizations.addMembers({ id }, { members: [user_id] });
    await legacy.organizations.addMemberRoles({ id, user_id }, { roles: [role_id] });
    same((await legacy.organizations.getMemberRoles({ id, user_id })).data.map((r) => r.id), [role_id], 'roles');
    same((await legacy.organizations.getMembers({ id, take: 1 })).data.members.length, 1, 'members');
  });
  await check('legacy: client, grant, connections, logs', async () => {
    const { client_id } = (await legacy.clients.create({ name: 'Legacy' })).data;
    const grant = (await legacy.clientGrants.create({ client_id, audience: identifier, scope: ['read:it'] })).data;
    same((await legacy.clientGrants.getAll({ client_id })).data.map((g) => g.id), [grant.id], 'grants');
    holds((await legacy.connections.getAll({ name: database })).data.length === 1, 'the database');
    same((await legacy.logs.getAll({ per_page: 2 })).data.length, 2, 'logs');
  });
  await check('legacy: what does not exist', async () => {
    await refused(legacy.roles.get({ id: 'rol_0000000000000000' }), 404);
    await refused(legacy.users.get({ id: 'auth0|000000000000000000000000' }), 404);
  });
}
