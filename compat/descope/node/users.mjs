import { bad, check, holds, must, password, refused, refusedAs, same, sameSet, unknown, userExists, userNotFound } from './check.mjs';
import { inTenant } from './rbac.mjs';

export async function users(sdk) {
  const u = sdk.management.user;
  await check('user: create with all fields', async () => {
    const got = await must(u.create('desk@acme.example', {
      email: 'desk@acme.example', phone: '+1-555-555-0100', displayName: 'Desk', givenName: 'De', middleName: 'M.', familyName: 'Sk',
      roles: ['Reader'], userTenants: [{ tenantId: 'acme', roleNames: ['Steward'] }, { tenantId: 'globex' }],
      customAttributes: { floor: 3 }, picture: 'https://acme.example/desk.png', verifiedPhone: true, additionalLoginIds: ['desk'],
    }));
    holds(/^U[0-9A-Za-z]{27}$/.test(got.userId), 'a user id of U and 27 letters or digits');
    sameSet(got.loginIds, ['desk@acme.example', 'desk'], 'login ids');
    same([got.name, got.givenName, got.middleName, got.familyName], ['Desk', 'De', 'M.', 'Sk'], 'names');
    same([got.email, got.phone, got.verifiedPhone], ['desk@acme.example', '+15555550100', true]);
    sameSet(got.roleNames, ['Reader'], 'roles');
    sameSet(inTenant(got, 'acme').roleNames, ['Steward'], 'roles in acme');
    same(got.customAttributes, { floor: 3 }, 'attributes');
    same([got.status, got.test, got.picture], ['invited', false, 'https://acme.example/desk.png']);
    holds(got.createdTime > 1_700_000_000, 'a time in seconds');
  });
  await check('user: create with a login id alone has zero values, not none', async () => {
    const got = await must(u.create('plain'));
    same([got.name, got.email, got.phone, got.picture], ['', '', '', '']);
    same([got.roleNames, got.userTenants, got.customAttributes, got.ssoAppIds], [[], [], {}, []]);
    same([got.verifiedEmail, got.verifiedPhone, got.test, got.password, got.webauthn], [false, false, false, false, false]);
  });
  await check('user: a login id that is taken is refused', () => refusedAs(userExists, u.create('desk'), bad));
  await check('user: an empty login id is refused', () => refused(u.create(''), bad));
  await check('user: an unknown role is refused, and nobody is created', async () => {
    await refused(u.create('ghost', { roles: ['Ghost'] }), bad, unknown);
    await refusedAs(userNotFound, u.load('ghost'), bad, unknown);
  });
  await check('user: load by login id, by another, by user id', async () => {
    const { userId } = await must(u.load('desk@acme.example'));
    for (const call of [u.load('desk'), u.load(userId), u.loadByUserId(userId)]) same((await must(call)).userId, userId, 'user id');
  });
  await check('user: load of an unknown login id is refused', () => refusedAs(userNotFound, u.load('nobody'), bad, unknown));
  await check('user: load of an unknown user id is refused', () => refusedAs(userNotFound, u.loadByUserId(`U${'z'.repeat(27)}`), bad, unknown));
  await check('user: load of several', async () => {
    const ids = [(await must(u.load('desk'))).userId, (await must(u.load('rita'))).userId];
    sameSet((await must(u.loadUsers(ids))).map((x) => x.userId), ids, 'users');
  });
  await check('user: create a test user', async () => same((await must(u.createTestUser('tess'))).test, true, 'test'));
  await check('user: invite, and again', async () => {
    const a = await must(u.invite('guest@acme.example', { roles: ['Reader'], sendMail: false, sendSMS: false, inviteUrl: 'https://acme.example' }));
    same([a.status, a.verifiedEmail], ['invited', true]);
    same((await must(u.invite('guest@acme.example'))).userId, a.userId, 'user id');
  });
  await check('user: delete', async () => {
    await must(u.delete('guest@acme.example'));
    await refusedAs(userNotFound, u.load('guest@acme.example'), bad, unknown);
  });
  await check('user: delete by user id', async () => {
    await must(u.deleteByUserId((await must(u.create('brief'))).userId));
    await refusedAs(userNotFound, u.load('brief'), bad, unknown);
  });
  await check('user: delete of an unknown login id is refused', () => refusedAs(userNotFound, u.delete('nobody'), bad, unknown));
}

export async function userChanges(sdk) {
  const u = sdk.management.user;
  await check('user: update replaces everything', async () => {
    await must(u.create('chang', { displayName: 'Chang', roles: ['Reader'], userTenants: [{ tenantId: 'acme' }], customAttributes: { a: 'b' } }));
    const got = await must(u.update('chang', { displayName: 'Ching', familyName: 'Li' }));
    same([got.name, got.familyName, got.roleNames, got.userTenants, got.customAttributes], ['Ching', 'Li', [], [], {}]);
  });
  await check('user: update of an unknown user is refused', () => refusedAs(userNotFound, u.update('nobody', {}), bad, unknown));
  await check('user: patch changes what it names', async () => {
    await must(u.setRoles('chang', ['Reader']));
    const got = await must(u.patch('chang', { displayName: 'Patched' }));
    same([got.name, got.familyName, got.roleNames], ['Patched', 'Li', ['Reader']]);
  });
  await check('user: patch with no roles clears roles and leaves the rest', async () => {
    const got = await must(u.patch('chang', { roles: [] }));
    same([got.name, got.roleNames], ['Patched', []]);
  });
  await check('user: patch of login ids', async () =>
    sameSet((await must(u.patch('chang', { additionalIdentifiers: ['chang2'] }))).loginIds, ['chang', 'chang2'], 'login ids'));
  await check('user: patch several', async () => {
    const got = await must(u.patchBatch([{ loginId: 'chang', displayName: 'Chang' }]));
    same([got.patchedUsers.length, got.failedUsers], [1, []]);
  });
  await check('user: deactivate', async () => same((await must(u.deactivate('chang'))).status, 'disabled', 'status'));
  await check('user: activate', async () => same((await must(u.activate('chang'))).status, 'enabled', 'status'));
  await check('user: update display name alone', async () => {
    const got = await must(u.updateDisplayName('chang', 'Shown'));
    same([got.name, got.familyName], ['Shown', 'Li']);
  });
  await check('user: update names', async () => {
    const got = await must(u.updateUserNames('chang', 'A', 'B', 'C'));
    same([got.name, got.givenName, got.middleName, got.familyName], ['Shown', 'A', 'B', 'C']);
  });
  await check('user: update e-mail, and remove it', async () => {
    const got = await must(u.updateEmail('chang', 'chang@acme.example', true));
    same([got.email, got.verifiedEmail], ['chang@acme.example', true]);
    same((await must(u.updateEmail('chang', '', false))).email, '', 'e-mail');
  });
  await check('user: update phone', async () => {
    const got = await must(u.updatePhone('chang', '+1-555-555-0122', false));
    same([got.phone, got.verifiedPhone], ['+15555550122', false]);
  });
  await check('user: update picture', async () => same((await must(u.updatePicture('chang', 'https://a.example/c.png'))).picture, 'https://a.example/c.png'));
  await check('user: update a custom attribute', async () => same((await must(u.updateCustomAttribute('chang', 'level', 'high'))).customAttributes, { level: 'high' }));
  await check('user: update login id', async () => {
    const { userId } = await must(u.load('chang'));
    const got = await must(u.updateLoginId('chang', 'changed'));
    same(got.userId, userId, 'user id');
    sameSet(got.loginIds, ['changed', 'chang2'], 'login ids');
  });
  await check('user: update login id to one that is taken is refused', () => refused(u.updateLoginId('changed', 'rita'), bad));
  await check("user: the last login id can't be removed", async () => {
    await must(u.updateLoginId('chang2', ''));
    await refused(u.updateLoginId('changed', ''), bad);
  });
}

export async function userBatches(sdk) {
  const u = sdk.management.user;
  await check('user batch: create, with a password that works', async () => {
    const got = await must(u.createBatch([
      { loginId: 'one', roles: ['Reader'] },
      { loginId: 'two', password, status: 'enabled', userTenants: [{ tenantId: 'acme', roleNames: ['Steward'] }] },
    ]));
    same([got.createdUsers.length, got.failedUsers], [2, []]);
    same(got.createdUsers.map((x) => x.status).sort(), ['enabled', 'invited'], 'status');
    await must(sdk.password.signIn('two', password));
    await must(u.deleteBatch(got.createdUsers.map((x) => x.userId)));
    await refusedAs(userNotFound, u.load('one'), bad, unknown);
  });
  await check('user batch: a bcrypt hash works as password', async () => {
    const hash = '$2a$10$wy9t9rjwg4LC81ggavGGxOX/U/lAVhPGlXbMUGXN.kwPb8NH/fOSi';
    await must(u.createBatch([{ loginId: 'hashed', hashedPassword: { bcrypt: { hash } } }]));
    await must(sdk.password.signIn('hashed', 'Hashed-Elsewhere-1'));
  });
  await check('user batch: invite', async () => {
    const got = await must(u.inviteBatch([{ loginId: 'three@acme.example' }], 'https://acme.example/welcome', false, false));
    same(got.createdUsers.map((x) => x.status), ['invited'], 'status');
  });
  await check('user batch: delete of all test users', async () => {
    await must(u.deleteAllTestUsers());
    await refusedAs(userNotFound, u.load('tess'), bad, unknown);
    await must(u.load('rita'));
  });
}

export async function userSearch(sdk) {
  const u = sdk.management.user;
  const logins = async (options) => (await must(u.search({ text: 'search', ...options }))).users.map((x) => x.loginIds[0]);
  await check('user search: a world of three', async () => {
    await must(u.create('s-ann', { displayName: 'Ann Search', email: 's-ann@search.example', roles: ['Editor'], customAttributes: { team: 'blue' },
      userTenants: [{ tenantId: 'globex', roleNames: ['Reader', 'Editor'] }] }));
    await must(u.create('s-bob', { displayName: 'Bob Search', userTenants: [{ tenantId: 'globex', roleNames: ['Reader'] }] }));
    await must(u.deactivate('s-bob'));
    await must(u.createTestUser('s-tim', { displayName: 'Tim Search' }));
  });
  for (const [by, options, want] of [
    ['text', {}, ['s-ann', 's-bob']],
    ['login id', { loginIds: ['s-bob', 'nobody'] }, ['s-bob']],
    ['e-mail', { emails: ['s-ann@search.example'] }, ['s-ann']],
    ['role', { roles: ['Editor'] }, ['s-ann']],
    ['tenant', { tenantIds: ['globex'] }, ['s-ann', 's-bob']],
    ['status', { statuses: ['disabled'] }, ['s-bob']],
    ['attribute', { customAttributes: { team: 'blue' } }, ['s-ann']],
    ['any of the roles in a tenant', { tenantRoleNames: { globex: { values: ['Reader', 'Editor'] } } }, ['s-ann', 's-bob']],
    ['all of the roles in a tenant', { tenantRoleNames: { globex: { values: ['Reader', 'Editor'], and: true } } }, ['s-ann']],
    ['text, with test users', { withTestUser: true }, ['s-ann', 's-bob', 's-tim']],
    ['text, test users only', { testUsersOnly: true }, ['s-tim']],
    ['a time in the future', { fromCreatedTime: 4_000_000_000_000 }, []],
  ]) {
    await check(`user search: by ${by}`, async () => sameSet(await logins(options), want, 'users'));
  }
  await check('user search: sorted, in pages, with the total of all', async () => {
    const page = (n) => must(u.search({ text: 'search', limit: 1, page: n, sort: [{ field: 'name', desc: true }] }));
    const [first, second] = [await page(0), await page(1)];
    same([first.users[0].loginIds[0], second.users[0].loginIds[0]], ['s-bob', 's-ann'], 'users');
    same([first.total, second.total], [2, 2], 'totals');
  });
  await check('user search: the older call for all', async () =>
    sameSet((await must(u.searchAll(['globex'], ['Editor']))).map((x) => x.loginIds[0]), ['s-ann'], 'users'));
  await check('user search: test users by their own call', async () => same((await must(u.searchTestUsers({ text: 'search' }))).total, 1, 'total'));
}
