// The calls of the vendor's page on roles and permissions.

import { bad, check, forbidden, holds, must, refused, refusedAs, same, sameSet, unknown, userNotFound } from './check.mjs';

const permission = async (sdk, name) => (await must(sdk.management.permission.loadAll())).find((p) => p.name === name);
const role = async (sdk, name, tenant = '') =>
  (await must(sdk.management.role.loadAll())).find((r) => r.name === name && r.tenantId === tenant);

export const inTenant = (user, tenant) => {
  const found = user.userTenants.find((t) => t.tenantId === tenant);
  holds(found, `member of ${tenant}`);
  return found;
};

export async function permissions(sdk) {
  const m = sdk.management.permission;
  await check('permission: create, and load all has it', async () => {
    await must(m.create('Notes Read', 'reads notes'));
    const p = await permission(sdk, 'Notes Read');
    same(p.description, 'reads notes', 'description');
    same(p.systemDefault, false, 'system default');
    holds(p.id, 'an id');
  });
  await check('permission: create without a description', async () => {
    await must(m.create('notes.write'));
    same((await permission(sdk, 'notes.write')).description, '', 'description');
  });
  await check('permission: a name that is taken is refused', () => refused(m.create('notes.write'), bad));
  await check('permission: an empty name is refused', () => refused(m.create(''), bad));
  await check('permission: no name is refused', () => refused(m.create(undefined), bad));
  await check('permission: a name of the wrong type is refused', () => refused(m.create(7), bad));
  await check('permission: update replaces name and description and keeps the id', async () => {
    const { id } = await permission(sdk, 'Notes Read');
    await must(m.update('Notes Read', 'notes.read', 'shows notes'));
    const p = await permission(sdk, 'notes.read');
    same([p.id, p.description], [id, 'shows notes']);
    holds(!(await permission(sdk, 'Notes Read')), 'the old name is gone');
  });
  await check('permission: update to the same name without a description clears it', async () => {
    await must(m.update('notes.read', 'notes.read'));
    same((await permission(sdk, 'notes.read')).description, '', 'description');
  });
  await check('permission: update by id', async () => {
    await must(m.updateWithId((await permission(sdk, 'notes.read')).id, 'notes.read', 'by id'));
    same((await permission(sdk, 'notes.read')).description, 'by id', 'description');
  });
  await check('permission: update without a new name is refused', () => refused(m.update('notes.read', ''), bad));
  await check('permission: update to a name that is taken is refused', () => refused(m.update('notes.read', 'notes.write'), bad));
  await check('permission: update of an unknown name is refused', () => refused(m.update('nothing', 'something'), bad, unknown));
  await check('permission: delete', async () => {
    await must(m.create('notes.burn'));
    await must(m.delete('notes.burn'));
    holds(!(await permission(sdk, 'notes.burn')), 'it is gone');
  });
  await check('permission: delete by id', async () => {
    await must(m.create('notes.burn'));
    await must(m.deleteWithId((await permission(sdk, 'notes.burn')).id));
    holds(!(await permission(sdk, 'notes.burn')), 'it is gone');
  });
  await check('permission: delete of an unknown name is refused', () => refused(m.delete('nothing'), bad, unknown));
}

export async function roles(sdk) {
  const m = sdk.management.role;
  await check('role: create with permissions', async () => {
    await must(m.create('Reader', 'may read', ['notes.read']));
    const r = await role(sdk, 'Reader');
    same([r.description, r.tenantId, r.default, r.private], ['may read', '', false, false]);
    sameSet(r.permissionNames, ['notes.read'], 'permissions');
    holds(r.id && r.createdTime > 1_700_000_000, 'an id, and a time in seconds');
  });
  await check('role: create with a name alone', async () => {
    await must(m.create('Nobody'));
    sameSet((await role(sdk, 'Nobody')).permissionNames, [], 'permissions');
  });
  await check('role: create as default', async () => {
    await must(m.create('Flagged', '', [], undefined, true));
    same((await role(sdk, 'Flagged')).default, true, 'default');
  });
  await check('role: update clears the flag that it does not repeat', async () => {
    await must(m.update('Flagged', 'Flagged'));
    same((await role(sdk, 'Flagged')).default, false, 'default');
  });
  await check('role: a name that is taken is refused', () => refused(m.create('Reader'), bad));
  await check('role: an empty name is refused', () => refused(m.create(''), bad));
  await check('role: an unknown permission is refused, and no role is made', async () => {
    await refused(m.create('Ghost', '', ['nothing']), bad, unknown);
    holds(!(await role(sdk, 'Ghost')), 'there is no role');
  });
  await check('role: an unknown tenant is refused', () => refused(m.create('Ghost', '', [], 'no-such-tenant'), bad, unknown));
  await check('role: update replaces all and keeps the id', async () => {
    const { id } = await role(sdk, 'Nobody');
    await must(m.update('Nobody', 'Editor', 'may edit', ['notes.read', 'notes.write']));
    const r = await role(sdk, 'Editor');
    same(r.id, id, 'id');
    sameSet(r.permissionNames, ['notes.read', 'notes.write'], 'permissions');
    holds(!(await role(sdk, 'Nobody')), 'the old name is gone');
  });
  await check('role: update with a name alone clears the rest', async () => {
    await must(m.update('Editor', 'Editor'));
    const r = await role(sdk, 'Editor');
    same(r.description, '', 'description');
    sameSet(r.permissionNames, [], 'permissions');
  });
  await check('role: update by id', async () => {
    await must(m.updateWithId((await role(sdk, 'Editor')).id, 'Editor', 'by id', ['notes.read', 'notes.write']));
    same((await role(sdk, 'Editor')).description, 'by id', 'description');
  });
  await check('role: update to a name that is taken is refused', () => refused(m.update('Editor', 'Reader'), bad));
  await check('role: update of an unknown name is refused', () => refused(m.update('Ghost', 'Ghost'), bad, unknown));
  await check('role: a permission renamed is renamed in its roles', async () => {
    await must(sdk.management.permission.update('notes.write', 'notes.edit'));
    sameSet((await role(sdk, 'Editor')).permissionNames, ['notes.read', 'notes.edit'], 'permissions');
    await must(sdk.management.permission.update('notes.edit', 'notes.write'));
  });
  await check('role: a permission deleted is gone from its roles', async () => {
    await must(sdk.management.permission.create('notes.brief'));
    await must(m.create('Brief', '', ['notes.brief', 'notes.read']));
    await must(sdk.management.permission.delete('notes.brief'));
    sameSet((await role(sdk, 'Brief')).permissionNames, ['notes.read'], 'permissions');
  });
  await check('role: delete', async () => {
    await must(m.delete('Brief'));
    holds(!(await role(sdk, 'Brief')), 'it is gone');
  });
  await check('role: delete by id', async () => {
    await must(m.deleteWithId((await role(sdk, 'Flagged')).id));
    holds(!(await role(sdk, 'Flagged')), 'it is gone');
  });
  await check('role: delete of an unknown name is refused', () => refused(m.delete('Ghost'), bad, unknown));
  await check('role: create in a tenant', async () => {
    await must(sdk.management.tenant.createWithId('acme', 'Acme'));
    await must(sdk.management.tenant.createWithId('globex', 'Globex'));
    await must(m.create('Keeper', 'of acme', ['notes.write'], 'acme'));
    same((await role(sdk, 'Keeper', 'acme')).description, 'of acme', 'description');
  });
  await check('role: the same name in another tenant is another role', async () => {
    await must(m.create('Keeper', 'of globex', [], 'globex'));
    same((await role(sdk, 'Keeper', 'acme')).description, 'of acme', 'description');
  });
  await check('role: the same name in the same tenant is refused', () => refused(m.create('Keeper', '', [], 'acme'), bad));
  await check('role: update in a tenant', async () => {
    await must(m.update('Keeper', 'Steward', 'keeps acme', ['notes.read', 'notes.write'], 'acme'));
    sameSet((await role(sdk, 'Steward', 'acme')).permissionNames, ['notes.read', 'notes.write'], 'permissions');
    same((await role(sdk, 'Keeper', 'globex')).description, 'of globex', 'description');
  });
  await check("role: a tenant's role is not found without its tenant", async () => {
    await refused(m.update('Steward', 'Steward'), bad, unknown);
    await refused(m.delete('Steward'), bad, unknown);
    await refused(m.delete('Steward', 'globex'), bad, unknown);
  });
  await check('role: delete in a tenant', async () => {
    await must(m.delete('Keeper', 'globex'));
    holds(!(await role(sdk, 'Keeper', 'globex')), 'it is gone');
    holds(await role(sdk, 'Steward', 'acme'), 'the other is left');
  });
}

export async function memberships(sdk) {
  const u = sdk.management.user;
  await check('user roles: set', async () => {
    await must(u.create('rita'));
    sameSet((await must(u.setRoles('rita', ['Reader']))).roleNames, ['Reader'], 'roles');
  });
  await check('user roles: add unites', async () => sameSet((await must(u.addRoles('rita', ['Editor', 'Reader']))).roleNames, ['Reader', 'Editor'], 'roles'));
  await check('user roles: remove subtracts', async () => sameSet((await must(u.removeRoles('rita', ['Editor']))).roleNames, ['Reader'], 'roles'));
  await check('user roles: set of none clears', async () => {
    sameSet((await must(u.setRoles('rita', []))).roleNames, [], 'roles');
    sameSet((await must(u.load('rita'))).roleNames, [], 'roles, loaded');
  });
  await check('user roles: an unknown role is refused, and changes nothing', async () => {
    await refused(u.setRoles('rita', ['Reader', 'Ghost']), bad, unknown);
    sameSet((await must(u.load('rita'))).roleNames, [], 'roles');
  });
  await check("user roles: a tenant's role is not given to the whole project", () => refused(u.addRoles('rita', ['Steward']), bad, unknown));
  await check('user roles: an unknown user is refused', () => refusedAs(userNotFound, u.addRoles('nobody', ['Reader']), bad, unknown));
  await check('user tenants: roles where the user is no member are refused', () => refused(u.setTenantRoles('rita', 'acme', ['Steward']), bad, unknown, forbidden));
  await check('user tenants: add', async () => {
    const t = inTenant(await must(u.addTenant('rita', 'acme')), 'acme');
    same(t.tenantName, 'Acme', 'name');
    sameSet(t.roleNames, [], 'roles');
    sameSet(t.permissions, [], 'permissions');
  });
  await check('user tenants: add again is harmless', async () => same((await must(u.addTenant('rita', 'acme'))).userTenants.length, 1, 'tenants'));
  await check('user tenants: add of an unknown tenant is refused', () => refused(u.addTenant('rita', 'no-such-tenant'), bad, unknown));
  await check("user tenants: set the roles in one, its own and the project's", async () => {
    const user = await must(u.setTenantRoles('rita', 'acme', ['Steward', 'Reader']));
    sameSet(inTenant(user, 'acme').roleNames, ['Steward', 'Reader'], 'roles');
    sameSet(inTenant(user, 'acme').permissions, ['notes.read', 'notes.write'], 'permissions');
    sameSet(user.roleNames, [], "the project's roles");
  });
  await check('user tenants: add roles in one', async () =>
    sameSet(inTenant(await must(u.addTenantRoles('rita', 'acme', ['Editor'])), 'acme').roleNames, ['Steward', 'Reader', 'Editor'], 'roles'));
  await check('user tenants: remove roles in one', async () =>
    sameSet(inTenant(await must(u.removeTenantRoles('rita', 'acme', ['Reader', 'Editor'])), 'acme').roleNames, ['Steward'], 'roles'));
  await check("user tenants: another tenant's role is refused", async () => {
    await must(u.addTenant('rita', 'globex'));
    await refused(u.addTenantRoles('rita', 'globex', ['Steward']), bad, unknown);
  });
  await check('user tenants: a role renamed is renamed for its users', async () => {
    await must(sdk.management.role.update('Steward', 'Warden', '', ['notes.read', 'notes.write'], 'acme'));
    sameSet(inTenant(await must(u.load('rita')), 'acme').roleNames, ['Warden'], 'roles');
    await must(sdk.management.role.update('Warden', 'Steward', '', ['notes.read', 'notes.write'], 'acme'));
  });
  await check('user tenants: remove ends the roles in it', async () => {
    same((await must(u.removeTenant('rita', 'acme'))).userTenants.length, 1, 'tenants');
    sameSet(inTenant(await must(u.addTenant('rita', 'acme')), 'acme').roleNames, [], 'roles');
  });
}

export async function batches(sdk) {
  const p = sdk.management.permission;
  const r = sdk.management.role;
  await check('permission batch: create', async () => {
    await must(p.createBatch([{ name: 'batch.a', description: 'a' }, { name: 'batch.b' }]));
    same((await permission(sdk, 'batch.a')).description, 'a', 'description');
  });
  await check('permission batch: one that is taken refuses all', async () => {
    await refused(p.createBatch([{ name: 'batch.c' }, { name: 'batch.a' }]), bad);
    holds(!(await permission(sdk, 'batch.c')), 'nothing was created');
  });
  await check('permission batch: update', async () => {
    await must(p.updateBatch([{ id: (await permission(sdk, 'batch.a')).id, newName: 'batch.a1' }, { name: 'batch.b', newName: 'batch.b1' }]));
    same((await permission(sdk, 'batch.a1')).description, '', 'description');
    holds(await permission(sdk, 'batch.b1'), 'the other');
  });
  await check('permission batch: one unknown refuses all updates', async () => {
    await refused(p.updateBatch([{ name: 'batch.a1', newName: 'batch.a2' }, { name: 'nothing', newName: 'x' }]), bad, unknown);
    holds(await permission(sdk, 'batch.a1'), 'nothing changed');
  });
  await check('permission batch: delete of nothing is refused', () => refused(p.deleteBatch([], []), bad));
  await check('permission batch: delete', async () => {
    await must(p.deleteBatch(['batch.a1'], [(await permission(sdk, 'batch.b1')).id]));
    holds(!(await permission(sdk, 'batch.a1')) && !(await permission(sdk, 'batch.b1')), 'both are gone');
  });
  await check('role batch: create answers the roles', async () => {
    const made = await must(r.createBatch([
      { name: 'Batch A', permissionNames: ['notes.read'] },
      { name: 'Batch B', tenantId: 'acme', default: true, private: true },
    ]));
    sameSet(made.map((m) => m.name), ['Batch A', 'Batch B'], 'roles');
    const b = await role(sdk, 'Batch B', 'acme');
    same([b.default, b.private], [true, true], 'default and private');
  });
  await check('role batch: one that is taken refuses all', async () => {
    await refused(r.createBatch([{ name: 'Batch C' }, { name: 'Batch A' }]), bad);
    holds(!(await role(sdk, 'Batch C')), 'nothing was created');
  });
  await check('role batch: update', async () => {
    const made = await must(r.updateBatch([
      { id: (await role(sdk, 'Batch A')).id, newName: 'Batch A1' },
      { name: 'Batch B', newName: 'Batch B1', tenantId: 'acme', permissionNames: ['notes.write'] },
    ]));
    same(made.length, 2, 'roles');
    sameSet((await role(sdk, 'Batch A1')).permissionNames, [], 'permissions, cleared');
  });
  await check('role batch: delete of nothing is refused, and deletes nothing', async () => {
    const before = (await must(r.loadAll())).length;
    await refused(r.deleteBatch([]), bad);
    await refused(r.deleteBatch(), bad);
    await refused(r.deleteBatch([], 'acme'), bad);
    same((await must(r.loadAll())).length, before, 'roles');
  });
  await check('role batch: delete', async () => {
    await must(r.deleteBatch(['Batch A1']));
    await must(r.deleteBatch(undefined, 'acme', [(await role(sdk, 'Batch B1', 'acme')).id]));
    holds(!(await role(sdk, 'Batch A1')) && !(await role(sdk, 'Batch B1', 'acme')), 'both are gone');
  });
}

export async function roleSearch(sdk) {
  const search = async (options) => (await must(sdk.management.role.search(options))).map((r) => r.name);
  for (const [by, options, want] of [
    ['name', { roleNames: ['Reader'] }, ['Reader']],
    ['part of a name, in any case', { roleNameLike: 'eADe' }, ['Reader']],
    ['permission', { permissionNames: ['notes.write'] }, ['Editor', 'Steward']],
    ['tenant', { tenantIds: ['acme'] }, ['Steward']],
    ['a name that nobody has', { roleNames: ['Ghost'] }, []],
  ]) {
    await check(`role search: by ${by}`, async () => sameSet(await search(options), want, 'roles'));
  }
  await check("role search: by tenant, with the project's roles", async () => {
    const got = await search({ tenantIds: ['acme'], includeProjectRoles: true });
    holds(['Steward', 'Reader', 'Editor'].every((r) => got.includes(r)), 'all are found');
  });
  await check('role search: without options finds all', async () =>
    same((await search({})).length, (await must(sdk.management.role.loadAll())).length, 'roles'));
}
