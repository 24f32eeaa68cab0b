import { bad, check, forbidden, holds, must, password, refused, rejects, same, sameSet, unknown, unproven } from './check.mjs';

export async function accessKeys(sdk) {
  const m = sdk.management.accessKey;
  let id;
  let secret;
  await check('access key: create', async () => {
    const { cleartext, key } = await must(m.create('printer', 0, ['Reader'], [{ tenantId: 'acme', roleNames: ['Steward'] }], undefined,
      { room: '12' }, 'prints', ['127.0.0.0/8', '::1'], { model: 'x' }));
    [id, secret] = [key.id, cleartext];
    holds(secret && !secret.includes(':'), 'a secret without a colon');
    same([key.name, key.description, key.status, key.expireTime], ['printer', 'prints', 'active', 0]);
    sameSet(key.roleNames, ['Reader'], 'roles');
    same(key.keyTenants.map((t) => [t.tenantId, t.tenantName, t.roleNames]), [['acme', 'Acme', ['Steward']]], 'tenants');
    same([key.permittedIps, key.customClaims, key.boundUserId], [['127.0.0.0/8', '::1'], { room: '12' }, '']);
    holds(key.createdBy && key.clientId && key.createdTime > 1_700_000_000, 'who created it, and when');
  });
  await check('access key: create with a name alone has zero values, not none', async () => {
    const { key } = await must(m.create('bare', 0));
    same([key.roleNames, key.keyTenants, key.permittedIps, key.description, key.customClaims], [[], [], [], '', {}]);
    await must(m.delete(key.id));
  });
  await check('access key: load', async () => same((await must(m.load(id))).name, 'printer', 'name'));
  await check('access key: load of an unknown id is refused', () => refused(m.load('Knothing'), bad, unknown));
  await check('access key: create without a name is refused', () => refused(m.create('', 0), bad));
  await check('access key: create with an unknown role is refused', () => refused(m.create('bad', 0, ['Ghost']), bad, unknown));
  await check('access key: create with an address that is none is refused', () =>
    refused(m.create('bad', 0, [], [], undefined, {}, '', ['nowhere']), bad));
  await check('access key: search', async () => {
    same((await must(m.searchAll(['acme']))).map((k) => k.id), [id], 'keys of acme');
    holds((await must(m.searchAll())).some((k) => k.id === id), 'among all');
  });
  await check('access key: update keeps what it does not name', async () => {
    const key = await must(m.update(id, 'plotter'));
    same([key.name, key.description, key.roleNames, key.keyTenants.length], ['plotter', 'prints', ['Reader'], 1]);
  });
  await check('access key: update changes what it names, and empty values clear', async () => {
    const key = await must(m.update(id, 'plotter', 'plots', []));
    same([key.description, key.roleNames], ['plots', []]);
  });
  await check('access key: deactivated, it is not exchanged, until activated', async () => {
    await must(m.deactivate(id));
    same((await must(m.load(id))).status, 'inactive', 'status');
    await refused(sdk.accessKey.exchange(secret), unproven, forbidden);
    await must(m.activate(id));
    await sdk.exchangeAccessKey(secret);
  });
  await check('access key: rotate has the new secret work and the old one not', async () => {
    const fresh = await must(m.rotate(id));
    same(fresh.key.id, id, 'id');
    await refused(sdk.accessKey.exchange(secret), unproven);
    await sdk.exchangeAccessKey(fresh.cleartext);
  });
  await check('access key: delete', async () => {
    await must(m.delete(id));
    await refused(m.load(id), bad, unknown);
  });
  for (const call of ['activate', 'deactivate', 'delete', 'rotate']) {
    await check(`access key: ${call} of an unknown id is refused`, () => refused(m[call]('Knothing'), bad, unknown));
  }
  await check('access key: batches', async () => {
    const ids = [(await must(m.create('a', 0))).key.id, (await must(m.create('b', 0))).key.id];
    await must(m.deactivateBatch(ids));
    same((await must(m.load(ids[1]))).status, 'inactive', 'status');
    await must(m.activateBatch(ids));
    await must(m.deleteBatch(ids));
    await refused(m.load(ids[0]), bad, unknown);
  });
}

export async function exchange(sdk) {
  const m = sdk.management.accessKey;
  const create = (expire = 0, ips = []) =>
    must(m.create('machine', expire, ['Reader'], [{ tenantId: 'acme', roleNames: ['Steward'] }], undefined, { room: '12' }, '', ips));
  await check('exchange: a key for a session of its roles', async () => {
    const { cleartext, key } = await create();
    const auth = await sdk.exchangeAccessKey(cleartext, { customClaims: { job: '42' } });
    same([auth.token.sub, auth.token.drn, auth.token.room, auth.token.job, auth.token.nsec?.job], [key.id, 'DS', '12', undefined, '42']);
    same([
      sdk.validateRoles(auth, ['Reader']), sdk.validateTenantRoles(auth, 'acme', ['Steward']),
      sdk.validateTenantPermissions(auth, 'acme', ['notes.write']), sdk.validatePermissions(auth, ['notes.write']),
    ], [true, true, true, false]);
    await sdk.validateSession(auth.jwt);
  });
  await check('exchange: the bare call answers key id and expiry, and no refresh token', async () => {
    const { cleartext, key } = await create();
    const data = await must(sdk.accessKey.exchange(cleartext));
    same([data.keyId, data.refreshJwt || ''], [key.id, '']);
    holds(data.expiration > Date.now() / 1000 && data.expiration < Date.now() / 1000 + 3600, 'an expiry in seconds');
  });
  await check('exchange: with a tenant selected', async () => {
    const { cleartext } = await create();
    same((await sdk.exchangeAccessKey(cleartext, { selectedTenant: 'acme' })).token.dct, 'acme', 'selected tenant');
    await refused(sdk.accessKey.exchange(cleartext, { selectedTenant: 'globex' }), bad, unproven, forbidden);
  });
  await check("exchange: a key bound to a user has that user's authority", async () => {
    const { userId } = await must(sdk.management.user.create('bound', { roles: ['Editor'] }));
    const { cleartext, key } = await must(m.create('bound', 0, undefined, undefined, userId));
    same(key.boundUserId, userId, 'bound to');
    same(sdk.validateRoles(await sdk.exchangeAccessKey(cleartext), ['Editor']), true, 'Editor');
    await must(sdk.management.user.setRoles('bound', ['Reader']));
    same(sdk.validateRoles(await sdk.exchangeAccessKey(cleartext), ['Editor']), false, 'Editor, taken away');
    same((await must(m.searchAll(undefined, userId))).map((k) => k.id), [key.id], 'keys bound to the user');
  });
  await check('exchange: from an address that is permitted, and from one that is not', async () => {
    await sdk.exchangeAccessKey((await create(0, ['127.0.0.1', '::1'])).cleartext);
    await refused(sdk.accessKey.exchange((await create(0, ['10.0.0.0/8'])).cleartext), unproven, forbidden);
  });
  await check('exchange: an expired key is refused', async () => {
    const expires = Math.floor(Date.now() / 1000) + 8;
    const { cleartext, key } = await create(expires);
    const before = await sdk.accessKey.exchange(cleartext);
    // Else the machine is so busy that the key was over.
    if (Date.now() < expires * 1000) holds(before.ok, 'it counts before');
    await new Promise((done) => setTimeout(done, expires * 1000 + 1100 - Date.now()));
    same((await must(m.load(key.id))).status, 'expired', 'status');
    await refused(sdk.accessKey.exchange(cleartext), unproven, forbidden);
  });
  await check('exchange: an unknown key is refused, and the helper rejects', async () => {
    await refused(sdk.accessKey.exchange('no-such-key'), unproven);
    await rejects(sdk.exchangeAccessKey('no-such-key'));
  });
}

// credentials are those that must not work where another is asked for.
export async function credentials(sdk, { server, client }) {
  const all = (change) => client(change).management.role.loadAll();
  const other = `P${'x'.repeat(27)}`;
  await check('credentials: a wrong management key is refused', () => refused(all({ managementKey: 'wrong' }), unproven));
  await check('credentials: no management key is refused', () => refused(all({ managementKey: '' }), unproven));
  await check('credentials: another project is refused', () => refused(all({ projectId: other }), unproven));
  await check('credentials: a session or refresh token is no management key', async () => {
    await must(sdk.management.user.create('cred'));
    await must(sdk.management.user.setActivePassword('cred', password));
    const { sessionJwt, refreshJwt } = await must(sdk.password.signIn('cred', password));
    await refused(all({ managementKey: sessionJwt }), unproven);
    await refused(all({ managementKey: refreshJwt }), unproven);
  });
  await check('credentials: an access key without authority manages nothing', async () => {
    const { cleartext } = await must(sdk.management.accessKey.create('weak', 0, ['Reader']));
    await refused(client({ managementKey: cleartext }).management.permission.create('taken.over'), unproven, forbidden);
    holds(!(await must(sdk.management.permission.loadAll())).some((p) => p.name === 'taken.over'), 'nothing was created');
  });
  await check('credentials: a management key is no session', async () => {
    for (const call of [sdk.refresh, sdk.me, sdk.logout, sdk.logoutAll]) await refused(call(server.management_key), unproven);
    await rejects(sdk.validateSession(server.management_key));
  });
  await check('credentials: a client with a management key for authentication does all that one without does', async () => {
    const c = client({ managementKey: undefined, authManagementKey: server.management_key });
    const { sessionJwt, refreshJwt } = await must(c.password.signIn('cred', password));
    await c.validateSession(sessionJwt);
    await c.refreshSession(refreshJwt);
    await must(c.me(refreshJwt));
    await c.exchangeAccessKey((await must(sdk.management.accessKey.create('keyed', 0, ['Reader']))).cleartext);
    await must(c.logout(refreshJwt));
    await refused(sdk.refresh(refreshJwt), unproven);
  });
  await check('credentials: another project does not sign in', () =>
    refused(client({ projectId: other, managementKey: undefined }).password.signIn('cred', password), unproven));
  await check('credentials: a base URL that ends in a slash works', () => must(all({ baseUrl: `${server.url.replace(/\/+$/, '')}/` })));
  await check('credentials: a base URL that ends in no slash works', () => must(all({ baseUrl: server.url.replace(/\/+$/, '') })));
}
