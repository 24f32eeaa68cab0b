import {
  bad, check, forbidden, holds, loggedOut, must, password, passwordExpired, rateLimited, refused, refusedAs, rejects, same, sameSet,
  tooMany, unknown, unproven, userExists, userNotFound,
} from './check.mjs';

const changed = 'Another-Horse-7-Battery';

// newUser makes a user who signs in with the password.
async function newUser(sdk, login, options) {
  const user = await must(sdk.management.user.create(login, options));
  await must(sdk.management.user.setActivePassword(login, password));
  return user;
}

const signIn = (sdk, login) => must(sdk.password.signIn(login, password));

// over fails unless a refresh token no longer works, by the bare call and by the helper.
async function over(sdk, refreshJwt) {
  const error = await refused(sdk.refresh(refreshJwt), unproven);
  await rejects(sdk.refreshSession(refreshJwt));
  return error;
}

export async function passwords(sdk) {
  const p = sdk.password;
  const u = sdk.management.user;
  await check('password: policy', async () => {
    const policy = await must(p.policy());
    holds(policy.minLength > 0, 'a least length');
    same(['lowercase', 'uppercase', 'number', 'nonAlphanumeric'].map((k) => typeof policy[k]), Array(4).fill('boolean'), 'types');
  });
  await check('password: sign-up signs in', async () => {
    const data = await must(p.signUp('pam@acme.example', password, { name: 'Pam' }));
    same([data.user.name, data.user.status, data.user.password, data.firstSeen], ['Pam', 'enabled', true, true]);
    await sdk.validateSession(data.sessionJwt);
    holds(data.refreshJwt, 'a refresh token');
    holds(Number.isInteger(data.cookieExpiration) && Number.isInteger(data.cookieMaxAge), 'times in seconds');
  });
  await check('password: sign-up with a login id that is taken is refused', () => refusedAs(userExists, p.signUp('pam@acme.example', password), bad));
  await check('password: sign-up with a password against the policy is refused, and nobody is created', async () => {
    await refused(p.signUp('weak', '1'), bad);
    await refusedAs(userNotFound, u.load('weak'), bad, unknown);
  });
  await check('password: sign-in', async () => same((await signIn(sdk, 'pam@acme.example')).firstSeen, false, 'first seen'));
  await check('password: a wrong password and an unknown user are refused alike', async () => {
    const wrong = await refused(p.signIn('pam@acme.example', changed), unproven);
    same((await refused(p.signIn('nobody', password), unproven)).errorCode, wrong.errorCode, 'code');
  });
  await check('password: replace', async () => {
    const data = await must(p.replace('pam@acme.example', password, changed));
    await sdk.validateSession(data.sessionJwt);
    await must(p.signIn('pam@acme.example', changed));
    await refused(p.signIn('pam@acme.example', password), unproven);
  });
  await check('password: replace with a wrong old password is refused', () => refused(p.replace('pam@acme.example', password, changed), unproven));
  await check('password: update', async () => {
    const { refreshJwt } = await must(p.signIn('pam@acme.example', changed));
    await must(p.update('pam@acme.example', password, refreshJwt));
    await signIn(sdk, 'pam@acme.example');
  });
  await check("password: update of another user's is refused", async () => {
    await newUser(sdk, 'pim');
    const { refreshJwt } = await signIn(sdk, 'pam@acme.example');
    await refused(p.update('pim', changed, refreshJwt), bad, unproven, forbidden);
    await signIn(sdk, 'pim');
  });
  await check('password: update without a refresh token is refused', () => refused(p.update('pim', changed), bad, unproven));
  await check('password: set active against the policy is refused', () => refused(u.setActivePassword('pim', '1'), bad));
  await check('password: set active for an unknown user is refused', () => refusedAs(userNotFound, u.setActivePassword('nobody', changed), bad, unknown));
  await check('password: set temporary has to be replaced', async () => {
    await must(u.setTemporaryPassword('pim', 'Passing-Horse-1'));
    await refusedAs(passwordExpired, p.signIn('pim', 'Passing-Horse-1'), bad, unproven, forbidden);
    await must(p.replace('pim', 'Passing-Horse-1', password));
    await signIn(sdk, 'pim');
  });
  await check('password: set, the old name of set temporary', async () => {
    await must(u.setPassword('pim', 'Passing-Horse-2'));
    await refusedAs(passwordExpired, p.signIn('pim', 'Passing-Horse-2'), bad, unproven, forbidden);
    await must(p.replace('pim', 'Passing-Horse-2', password));
  });
  await check('password: expire has it replaced', async () => {
    await must(u.expirePassword('pim'));
    await refusedAs(passwordExpired, p.signIn('pim', password), bad, unproven, forbidden);
    await must(p.replace('pim', password, changed));
    await must(p.signIn('pim', changed));
  });
}

export async function sessions(sdk, { server }) {
  let data;
  await check('session: a sign-in is validated, its issuer checked', async () => {
    await newUser(sdk, 'sam@acme.example', { displayName: 'Sam', userTenants: [{ tenantId: 'acme' }, { tenantId: 'globex' }] });
    data = await signIn(sdk, 'sam@acme.example');
    const { jwt, token } = await sdk.validateSession(data.sessionJwt);
    same([jwt, token.sub, token.iss, token.drn], [data.sessionJwt, data.user.userId, server.project_id, 'DS']);
    same((await sdk.validateJwt(data.refreshJwt)).token.drn, 'DSR', 'drn of the refresh token');
  });
  await check('session: as its own audience, or no audience', async () => {
    await sdk.validateSession(data.sessionJwt);
    await rejects(sdk.validateSession(data.sessionJwt, { audience: 'another' }));
  });
  await check('session: lives ten minutes, and is refreshed for thirty days', async () => {
    const left = async (jwt) => (await sdk.validateJwt(jwt)).token.exp - Date.now() / 1000;
    const lives = (seconds, whole) => seconds < whole + 60 && seconds > whole / 2; // however long ago it was made
    holds(lives(await left(data.sessionJwt), 600), 'ten minutes');
    holds(lives(await left(data.refreshJwt), 30 * 86400), 'thirty days');
  });
  await check('session: a token that was changed, or is none, is rejected', async () => {
    const [head, body, sign] = data.sessionJwt.split('.');
    await rejects(sdk.validateSession(`${head}.${body}.AAAA${sign.slice(4)}`));
    await rejects(sdk.validateSession('none'));
  });
  await check('session: refresh, and again with the same token', async () => {
    for (let i = 0; i < 2; i++) {
      const { token } = await sdk.refreshSession(data.refreshJwt);
      same(token.sub, data.user.userId, 'user id');
    }
    holds((await must(sdk.refresh(data.refreshJwt))).sessionJwt, 'a session by the bare call');
  });
  await check('session: refresh with a session token is refused', () => over(sdk, data.sessionJwt));
  await check('session: refresh with what is no token is refused', () => refused(sdk.refresh('none'), unproven));
  await check('session: validate and refresh', async () => {
    same((await sdk.validateAndRefreshSession(data.sessionJwt, data.refreshJwt)).jwt, data.sessionJwt, 'a valid session stays');
    same((await sdk.validateAndRefreshSession('', data.refreshJwt)).token.sub, data.user.userId, 'user id');
  });
  await check('session: me', async () => {
    const me = await must(sdk.me(data.refreshJwt));
    same([me.userId, me.name, me.loginIds, me.userTenants.length], [data.user.userId, 'Sam', ['sam@acme.example'], 2]);
  });
  await check('session: me with a session token is refused', () => refused(sdk.me(data.sessionJwt), unproven));
  await check('session: my tenants', async () => {
    const { tenants } = await must(sdk.myTenants(['acme', 'globex', 'umbrella'], data.refreshJwt));
    sameSet(tenants.map((t) => `${t.id}=${t.name}`), ['acme=Acme', 'globex=Globex']);
  });
  await check('session: my tenants, of which none is selected', async () => same((await must(sdk.myTenants(true, data.refreshJwt))).tenants, [], 'tenants'));
}

export async function claims(sdk) {
  let auth;
  let data;
  await check('claims: of a user with roles in the project, in one tenant, and none in another', async () => {
    await must(sdk.management.permission.create('notes.delete'));
    await must(sdk.management.role.create('Shredder', '', ['notes.delete'], 'acme'));
    await newUser(sdk, 'cleo', { roles: ['Reader'], userTenants: [{ tenantId: 'acme', roleNames: ['Shredder', 'Editor'] }, { tenantId: 'globex' }] });
    data = await signIn(sdk, 'cleo');
    auth = await sdk.validateSession(data.sessionJwt);
    const { roles, permissions, tenants, amr, dct } = auth.token;
    same([roles, permissions, amr, dct], [['Reader'], ['notes.read'], ['pwd'], undefined]);
    sameSet(Object.keys(tenants), ['acme', 'globex'], 'tenants');
  });
  for (const [helper, args, want] of [
    ['validatePermissions', [['notes.read']], true],
    ['validatePermissions', [[]], true],
    ['validatePermissions', [['notes.delete']], false],
    ['validatePermissions', [['notes.read', 'notes.write']], false],
    ['validateRoles', [['Reader']], true],
    ['validateRoles', [['Shredder']], false],
    ['validateTenantPermissions', ['acme', ['notes.read', 'notes.write', 'notes.delete']], true],
    ['validateTenantPermissions', ['acme', ['nothing']], false],
    ['validateTenantPermissions', ['globex', []], true],
    ['validateTenantPermissions', ['globex', ['notes.read']], false],
    ['validateTenantPermissions', ['umbrella', []], false],
    ['validateTenantRoles', ['acme', ['Shredder', 'Editor']], true],
    ['validateTenantRoles', ['acme', ['Reader']], false],
    ['validateTenantRoles', ['globex', []], true],
    ['validateTenantRoles', ['globex', ['Editor']], false],
    ['validateTenantRoles', ['umbrella', []], false],
    ['getMatchedPermissions', [['notes.delete', 'notes.read']], ['notes.read']],
    ['getMatchedRoles', [['Editor', 'Reader']], ['Reader']],
    ['getMatchedTenantPermissions', ['acme', ['notes.write', 'nothing', 'notes.delete']], ['notes.write', 'notes.delete']],
    ['getMatchedTenantPermissions', ['umbrella', ['notes.write']], []],
    ['getMatchedTenantRoles', ['acme', ['Reader', 'Shredder']], ['Shredder']],
  ]) {
    await check(`claims: ${helper}(${args.map((a) => JSON.stringify(a)).join(', ')}) is ${JSON.stringify(want)}`, () => {
      holds(auth, 'a session of the user');
      same(sdk[helper](auth, ...args), want);
    });
  }
  await check('claims: as the helpers on bare tokens read them', () => {
    sameSet(sdk.getTenants(data.sessionJwt), ['acme', 'globex'], 'tenants');
    sameSet(sdk.getJwtRoles(data.sessionJwt), ['Reader'], 'roles');
    sameSet(sdk.getJwtRoles(data.sessionJwt, 'acme'), ['Shredder', 'Editor'], 'roles in acme');
    sameSet(sdk.getJwtPermissions(data.sessionJwt, 'acme'), ['notes.read', 'notes.write', 'notes.delete'], 'permissions in acme');
    holds(!sdk.getCurrentTenant(data.sessionJwt), 'no tenant selected');
    holds(!sdk.isJwtExpired(data.sessionJwt), 'not expired');
  });
  await check('claims: a role taken away is gone at the next refresh', async () => {
    await must(sdk.management.user.removeRoles('cleo', ['Reader']));
    await must(sdk.management.user.removeTenantRoles('cleo', 'acme', ['Shredder']));
    const fresh = await sdk.refreshSession(data.refreshJwt);
    same([sdk.validateRoles(fresh, ['Reader']), sdk.validateTenantRoles(fresh, 'acme', ['Shredder']), sdk.validateTenantRoles(fresh, 'acme', ['Editor'])],
      [false, false, true]);
  });
  await check('claims: a membership that ended is gone at the next refresh', async () => {
    await must(sdk.management.user.removeTenant('cleo', 'globex'));
    same(sdk.validateTenantRoles(await sdk.refreshSession(data.refreshJwt), 'globex', []), false);
  });
}

export async function selection(sdk) {
  let data;
  await check('select: a tenant', async () => {
    await newUser(sdk, 'selma', { roles: ['Reader'], userTenants: [{ tenantId: 'acme', roleNames: ['Editor'] }, { tenantId: 'globex' }] });
    data = await must(sdk.selectTenant('acme', (await signIn(sdk, 'selma')).refreshJwt));
    same(sdk.getCurrentTenant(data.sessionJwt), 'acme', 'selected tenant');
  });
  await check('select: the token keeps its map of tenants', async () => {
    const auth = await sdk.validateSession(data.sessionJwt);
    sameSet(Object.keys(auth.token.tenants), ['acme', 'globex'], 'tenants');
    same([sdk.validateTenantRoles(auth, 'acme', ['Editor']), sdk.validateRoles(auth, ['Editor']), sdk.validateRoles(auth, ['Reader'])], [true, false, true]);
  });
  await check('select: lasts over a refresh', async () => same((await sdk.refreshSession(data.refreshJwt)).token.dct, 'acme', 'selected tenant'));
  await check('select: my tenants tells the selected one', async () =>
    sameSet((await must(sdk.myTenants(true, data.refreshJwt))).tenants.map((t) => t.id), ['acme']));
  await check('select: another', async () =>
    same(sdk.getCurrentTenant((await must(sdk.selectTenant('globex', data.refreshJwt))).sessionJwt), 'globex', 'selected tenant'));
  await check('select: a tenant of others is refused', () => refused(sdk.selectTenant('umbrella', data.refreshJwt), bad, unproven, forbidden, unknown));
  await check('select: an unknown tenant is refused', () => refused(sdk.selectTenant('no-such-tenant', data.refreshJwt), bad, unproven, forbidden, unknown));
}

export async function endings(sdk) {
  const u = sdk.management.user;
  await check('logout: ends this session and no other', async () => {
    await newUser(sdk, 'lou');
    const [one, two] = [await signIn(sdk, 'lou'), await signIn(sdk, 'lou')];
    await must(sdk.logout(one.refreshJwt));
    same((await over(sdk, one.refreshJwt)).errorCode, loggedOut, 'error code');
    await refused(sdk.me(one.refreshJwt), unproven);
    await sdk.refreshSession(two.refreshJwt);
  });
  await check('logout: all ends every session', async () => {
    const [one, two] = [await signIn(sdk, 'lou'), await signIn(sdk, 'lou')];
    await must(sdk.logoutAll(one.refreshJwt));
    await over(sdk, one.refreshJwt);
    await over(sdk, two.refreshJwt);
  });
  await check('logout: without a token is refused', () => refused(sdk.logout(), bad, unproven));
  for (const [name, end] of [
    ['logout by management', (user) => u.logoutUser(user.loginIds[0])],
    ['logout by management, by user id', (user) => u.logoutUserByUserId(user.userId)],
    ['a new password', (user) => u.setActivePassword(user.loginIds[0], password)],
  ]) {
    await check(`logout: ${name} ends the sessions`, async () => {
      const one = await signIn(sdk, 'lou');
      await must(end(one.user));
      await over(sdk, one.refreshJwt);
    });
  }
  await check('logout: of an unknown user is refused', () => refusedAs(userNotFound, u.logoutUser('nobody'), bad, unknown));
  await check('logout: a user deactivated neither refreshes nor signs in, until activated', async () => {
    const one = await signIn(sdk, 'lou');
    await must(u.deactivate('lou'));
    await refused(sdk.refresh(one.refreshJwt), unproven, forbidden);
    await refused(sdk.password.signIn('lou', password), bad, unproven, forbidden);
    await must(u.activate('lou'));
    await signIn(sdk, 'lou');
  });
  await check('logout: a user deleted does not refresh', async () => {
    const one = await signIn(sdk, 'lou');
    await must(u.delete('lou'));
    await over(sdk, one.refreshJwt);
  });
}

export async function managedSessions(sdk) {
  const m = sdk.management.jwt;
  await check('management sign-in: gives both tokens', async () => {
    await newUser(sdk, 'mia', { roles: ['Reader'] });
    const data = await must(m.signIn('mia', { customClaims: { shift: 'night' } }));
    same((await sdk.validateSession(data.sessionJwt)).token.shift, 'night', 'claim');
    await sdk.refreshSession(data.refreshJwt);
  });
  await check('management sign-in: of an unknown user is refused', () => refused(m.signIn('nobody'), bad, unknown));
  await check('jwt update: adds claims, keeps what it is, has new authority', async () => {
    const { sessionJwt } = await signIn(sdk, 'mia');
    const before = await sdk.validateSession(sessionJwt);
    await must(sdk.management.user.addRoles('mia', ['Editor']));
    const after = await sdk.validateSession((await must(m.update(sessionJwt, { floor: 'third' }))).jwt);
    same([after.token.floor, after.token.drn, after.token.sub, after.token.exp], ['third', 'DS', before.token.sub, before.token.exp]);
    same(sdk.validateRoles(after, ['Editor']), true, 'Editor');
  });
  await check('jwt update: a new lifetime', async () => {
    const { sessionJwt } = await signIn(sdk, 'mia');
    const { token } = await sdk.validateSession((await must(m.update(sessionJwt, {}, 120))).jwt);
    const left = token.exp - Date.now() / 1000;
    holds(left > 0 && left < 121, 'two minutes');
  });
  await check('jwt update: claims that decide who one is are not taken', async () => {
    const { sessionJwt, user } = await signIn(sdk, 'mia');
    const res = await m.update(sessionJwt, { sub: 'owner', roles: ['Tenant Admin'], drn: 'DSR' });
    if (!res.ok) return refused(res, bad);
    const auth = await sdk.validateSession(res.data.jwt);
    same([auth.token.sub, auth.token.drn, sdk.validateRoles(auth, ['Tenant Admin'])], [user.userId, 'DS', false]);
  });
  await check('jwt update: what is no token is refused', () => refused(m.update('none'), bad, unproven));
}

// limits is last: it leaves no more attempts to sign in from here.
export async function limits(sdk) {
  await check('limits: guessing is slowed down, with when to try again', async () => {
    await newUser(sdk, 'guessed');
    for (let i = 0; i < 60; i++) {
      const res = await sdk.password.signIn('guessed', 'Wrong-Horse-9-Battery');
      if (res.code === tooMany) {
        await refusedAs(rateLimited, res, tooMany);
        holds(Number(res.response.headers.get('retry-after')) > 0, 'a time to wait');
        return;
      }
      await refused(res, unproven);
    }
    throw new Error('60 wrong passwords were tried');
  });
}
