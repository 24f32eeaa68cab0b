import { bad, check, holds, must, refused, refusedAs, same, sameSet, unknown, userNotFound } from './check.mjs';
import { inTenant } from './rbac.mjs';

export async function tenants(sdk) {
  const m = sdk.management.tenant;
  const u = sdk.management.user;
  let id;
  await check('tenant: create makes an id', async () => {
    ({ id } = await must(m.create('Initech', ['initech.example'], { plan: 'gold' }, true, false)));
    holds(id, 'an id');
  });
  await check('tenant: load has all that was given', async () => {
    const t = await must(m.load(id));
    same([t.id, t.name, t.enforceSSO, t.disabled, t.authType], [id, 'Initech', true, false, 'none']);
    sameSet(t.selfProvisioningDomains, ['initech.example'], 'domains');
    sameSet(t.domains, [], 'SSO domains');
    sameSet(t.defaultRoles, [], 'default roles');
    same(t.customAttributes, { plan: 'gold' }, 'attributes');
    holds(t.createdTime > 1_700_000_000, 'a time in seconds');
  });
  await check('tenant: create with an id', async () => {
    await must(m.createWithId('umbrella', 'Umbrella'));
    same((await must(m.load('umbrella'))).name, 'Umbrella', 'name');
  });
  await check('tenant: an id that is taken is refused', () => refused(m.createWithId('umbrella', 'Other'), bad));
  await check('tenant: a name that is taken is refused', () => refused(m.create('Umbrella'), bad));
  await check('tenant: an empty name is refused', () => refused(m.create(''), bad));
  await check('tenant: update replaces all but the id', async () => {
    await must(m.update(id, 'Initrode', undefined, undefined, false, true));
    const t = await must(m.load(id));
    same([t.name, t.enforceSSO, t.disabled], ['Initrode', false, true]);
    sameSet(t.selfProvisioningDomains, [], 'domains');
    same(t.customAttributes, {}, 'attributes');
  });
  await check('tenant: update of an unknown id is refused', () => refused(m.update('no-such-tenant', 'Ghost'), bad, unknown));
  await check('tenant: load of an unknown id is refused', () => refused(m.load('no-such-tenant'), bad, unknown));
  await check('tenant: load all', async () => {
    const ids = (await must(m.loadAll())).map((t) => t.id);
    holds(['acme', 'globex', 'umbrella', id].every((want) => ids.includes(want)), 'all are listed');
  });
  const search = async (...args) => (await must(m.searchAll(...args))).map((t) => t.id);
  await check('tenant: search by id', async () => sameSet(await search(['acme', 'none']), ['acme']));
  await check('tenant: search by name', async () => sameSet(await search([], ['Globex']), ['globex']));
  await check('tenant: search by an unknown name finds none', async () => sameSet(await search(undefined, ['Ghost']), []));
  await check('tenant: search by domain', async () => {
    await must(m.update('umbrella', 'Umbrella', ['umbrella.example'], { plan: 'silver' }));
    sameSet(await search([], [], ['umbrella.example']), ['umbrella']);
  });
  await check('tenant: search by attribute', async () => sameSet(await search([], [], [], { plan: 'silver' }), ['umbrella']));
  await check('tenant: default roles are given to new members', async () => {
    await must(m.updateDefaultRoles('umbrella', ['Reader']));
    sameSet((await must(m.load('umbrella'))).defaultRoles, ['Reader'], 'default roles');
    await must(u.create('newcomer'));
    sameSet(inTenant(await must(u.addTenant('newcomer', 'umbrella')), 'umbrella').roleNames, ['Reader'], 'roles');
  });
  for (const [how, cascade] of [['leaves its users', undefined], ['with cascade deletes users of that tenant alone', true]]) {
    await check(`tenant: delete ${how}`, async () => {
      const t = `closing-${cascade}`;
      await must(m.createWithId(t, t));
      await must(sdk.management.role.create('Local', '', [], t));
      await must(u.create(`only-${t}`, { userTenants: [{ tenantId: t, roleNames: ['Local'] }] }));
      await must(u.create(`also-${t}`, { userTenants: [{ tenantId: t }, { tenantId: 'acme' }] }));
      await must(m.delete(t, cascade));
      await refused(m.load(t), bad, unknown);
      holds(!(await must(sdk.management.role.loadAll())).some((r) => r.tenantId === t), 'its roles are gone');
      same((await must(u.load(`also-${t}`))).userTenants.length, 1, 'tenants of a user of two');
      if (cascade) await refusedAs(userNotFound, u.load(`only-${t}`), bad, unknown);
      else same((await must(u.load(`only-${t}`))).userTenants, [], 'tenants of a user of one');
    });
  }
  await check('tenant: delete of an unknown id is refused', () => refused(m.delete('no-such-tenant'), bad, unknown));
}
