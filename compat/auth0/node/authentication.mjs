// The Authentication API: AuthenticationClient and UserInfoClient.

import { createHash } from 'node:crypto';
import { check, claims, database, denied, holds, password, refused, same, sameSet } from './check.mjs';
import { api, role, user } from './rbac.mjs';
import { application } from './things.mjs';

const realm = 'http://auth0.com/oauth/grant-type/password-realm';

export async function machines(world) {
  const audience = 'https://machines.example.com';
  await api(world, audience, ['read:it', 'write:it'], { token_lifetime: 600 });
  const app = await application(world, 'Machine', ['client_credentials']);
  const { oauth } = world.authenticate(app);
  await check('client credentials: refused without a client grant', async () => {
    await denied('access_denied', oauth.clientCredentialsGrant({ audience }), 403);
  });
  await check('client credentials: a token of what the grant says', async () => {
    await world.management.clientGrants.create({ client_id: app.client_id, audience, scope: ['read:it'] });
    const { data } = await oauth.clientCredentialsGrant({ audience });
    same([data.token_type, data.expires_in, data.id_token, data.refresh_token], ['Bearer', 600, undefined, undefined], 'answer');
    const { iss, sub, aud, azp, gty, scope, permissions } = claims(data.access_token);
    same({ iss, sub, aud, azp, gty, scope, permissions }, {
      iss: world.server.url, sub: `${app.client_id}@clients`, aud: audience, azp: app.client_id,
      gty: 'client-credentials', scope: 'read:it', permissions: ['read:it'],
    }, 'claims');
  });
  await check('client credentials: refused with another secret, and for an API that does not exist', async () => {
    await denied('access_denied', world.authenticate({ ...app, client_secret: 'wrong' }).oauth.clientCredentialsGrant({ audience }), 401);
    await denied('access_denied', oauth.clientCredentialsGrant({ audience: 'https://nowhere.example.com' }), 403);
  });
  await check('client credentials: refused to a client without that grant type', async () => {
    const other = await application(world, 'No machine', ['authorization_code']);
    await denied('unauthorized_client', world.authenticate(other).oauth.clientCredentialsGrant({ audience }), 403);
  });
}

export async function passwords(world) {
  const audience = 'https://passwords.example.com';
  await api(world, audience, ['read:it']);
  const sub = await user(world, 'password@example.com');
  const app = await application(world, 'Passwords', ['password', realm]);
  const { oauth } = world.authenticate(app);
  const login = (change) => oauth.passwordGrant({ username: 'password@example.com', password, audience, scope: 'openid profile email', ...change });
  for (const [name, change] of [['password', {}], ['password realm', { realm: database }]]) {
    await check(`${name}: signs in, and the SDK verifies the id token`, async () => {
      const { data } = await login(change);
      const id = claims(data.id_token);
      same([id.sub, id.aud, id.email], [sub, app.client_id, 'password@example.com'], 'id token');
      const access = claims(data.access_token);
      same(access.gty, 'password', 'gty');
      sameSet(access.aud, [audience, `${world.server.url}userinfo`], 'aud');
      const info = (await world.userinfo.getUserInfo(data.access_token)).data;
      same([info.sub, info.email, info.nickname], [sub, 'password@example.com', 'password'], 'userinfo');
    });
    await check(`${name}: another one is refused`, async () => {
      const error = await denied('invalid_grant', login({ ...change, password: 'wrong' }), 403);
      same(error.error_description, 'Wrong email or password.', 'description');
    });
  }
  await check('password: somebody who is blocked is refused', async () => {
    await world.management.users.update(sub, { blocked: true });
    await denied('unauthorized', login({}), 403);
  });
  await check('userinfo: refused with a token of no use there', async () => {
    await refused(world.userinfo.getUserInfo('nonsense'), 401);
  });
}

export async function refresh(world) {
  const audience = 'https://refreshed.example.com';
  await api(world, audience, ['read:it'], { allow_offline_access: true });
  const id = await user(world, 'refresh@example.com');
  const staying = world.authenticate(await application(world, 'Staying', ['password', 'refresh_token']));
  const rotating = world.authenticate(await application(world, 'Rotating', ['password', 'refresh_token'], {
    refresh_token: {
      rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0, token_lifetime: 86400, idle_token_lifetime: 3600,
      infinite_token_lifetime: false, infinite_idle_token_lifetime: false,
    },
  }));
  const login = async ({ oauth }) =>
    (await oauth.passwordGrant({ username: 'refresh@example.com', password, audience, scope: 'openid offline_access read:it' })).data;
  const renew = async ({ oauth }, refresh_token) => (await oauth.refreshTokenGrant({ refresh_token })).data;
  await check('refresh: permissions are worked out again, and the id token has no nonce', async () => {
    const first = await login(staying);
    same(claims(first.access_token).permissions, [], 'permissions');
    await world.management.users.roles.assign(id, { roles: [await role(world, 'Refreshed', audience, ['read:it'])] });
    const second = await renew(staying, first.refresh_token);
    same(claims(second.access_token).permissions, ['read:it'], 'permissions');
    same(claims(second.id_token).nonce, undefined, 'nonce');
  });
  await check('refresh: rotates, and an old token revokes them all', async () => {
    const first = (await login(rotating)).refresh_token;
    const second = (await renew(rotating, first)).refresh_token;
    holds(second && second !== first, 'another');
    const error = await denied('invalid_grant', renew(rotating, first), 403);
    holds(/invalid refresh token/.test(error.error_description), `what a single page looks for in ${error.error_description}`);
    await denied('invalid_grant', renew(rotating, second), 403);
  });
  await check('revoke: a refresh token, and one that is unknown', async () => {
    const { refresh_token } = await login(staying);
    await staying.oauth.revokeRefreshToken({ token: refresh_token });
    await denied('invalid_grant', renew(staying, refresh_token), 403);
    await staying.oauth.revokeRefreshToken({ token: 'unknown' });
  });
}

export async function signup(world) {
  const authentication = world.authenticate(await application(world, 'Sign-up', ['password']));
  const { database: db, oauth } = authentication;
  await check('signup: makes a user who signs in', async () => {
    const { data } = await db.signUp({ email: 'new@example.com', password, connection: database, given_name: 'New', user_metadata: { colour: 'red' } });
    same([data.email, data.email_verified], ['new@example.com', false], 'answer');
    const made = await world.management.users.get(`auth0|${data.id ?? data._id}`);
    same([made.given_name, made.user_metadata], ['New', { colour: 'red' }], 'user');
    await oauth.passwordGrant({ username: 'new@example.com', password, scope: 'openid' });
  });
  await check('signup: an address that is taken, or a weak password', async () => {
    await refused(db.signUp({ email: 'new@example.com', password, connection: database }), 400);
    await refused(db.signUp({ email: 'newer@example.com', password: 'abc', connection: database }), 400);
    same(await world.management.users.listUsersByEmail({ email: 'newer@example.com' }), [], 'nobody was made');
  });
  await check('change password: says the same of anybody', async () => {
    const ask = async (email) => (await db.changePassword({ email, connection: database })).data;
    same(await ask('nobody@example.com'), await ask('new@example.com'), 'answers');
  });
}

// signIn gives an address and a password on the page of an address of
// /authorize, as a browser does, and returns the query of the callback.
async function signIn(address, username) {
  let at = address;
  const cookies = new Map();
  const go = async (url, options = {}) => {
    const answer = await fetch(url, {
      redirect: 'manual', ...options,
      headers: { ...options.headers, cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    return answer;
  };
  let answer = await go(at);
  while (answer.status === 302 || answer.status === 303) answer = await go((at = new URL(answer.headers.get('location'), at)));
  const [, state] = /name="state" value="([^"]+)"/.exec(await answer.text());
  answer = await go(at, {
    method: 'POST', body: new URLSearchParams({ state, username, password }),
    headers: { origin: new URL(at).origin },
  });
  return new URL(answer.headers.get('location'), at).searchParams;
}

export async function codes(world) {
  const { client_id, client_secret } = await application(world, 'Codes', ['authorization_code']);
  const { oauth } = world.authenticate({ client_id, client_secret });
  const sub = await user(world, 'code@example.com');
  const redirect_uri = 'https://app.example.com/callback';
  const code_verifier = 'a-verifier-that-is-long-enough-to-be-one-of-rfc-7636';
  const query = new URLSearchParams({
    client_id, redirect_uri, response_type: 'code', scope: 'openid email', state: 'a+b/c=', nonce: 'n-0S6', max_age: '600', code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
  });
  await check('code: a person signs in, and the SDK exchanges the code with PKCE and checks nonce and age, once', async () => {
    const back = await signIn(`${world.server.url}authorize?${query}`, 'code@example.com');
    same(back.get('state'), 'a+b/c=', 'state');
    const exchange = () =>
      oauth.authorizationCodeGrantWithPKCE({ code: back.get('code'), code_verifier, redirect_uri }, { idTokenValidateOptions: { nonce: 'n-0S6', maxAge: 600 } });
    same(claims((await exchange()).data.id_token).sub, sub, 'sub');
    await denied('invalid_grant', exchange(), 403);
  });
  await check('code: the SDK refuses another nonce', async () => {
    const back = await signIn(`${world.server.url}authorize?${query}`, 'code@example.com');
    try {
      await oauth.authorizationCodeGrantWithPKCE({ code: back.get('code'), code_verifier, redirect_uri }, { idTokenValidateOptions: { nonce: 'another' } });
    } catch (error) {
      return holds(/nonce/i.test(error.message), `a word of the nonce in ${error.message}`);
    }
    throw new Error('accepted');
  });
}

export async function tokens(world) {
  const audience = 'https://rbac.example.com';
  await api(world, audience, ['read:it', 'write:it']);
  const id = await user(world, 'rbac@example.com');
  const reader = await role(world, 'RBAC Reader', audience, ['read:it']);
  const { oauth } = world.authenticate(await application(world, 'RBAC', ['password']));
  const token = async () =>
    claims((await oauth.passwordGrant({ username: 'rbac@example.com', password, audience, scope: 'openid read:it write:it burn:it' })).data.access_token);
  await check('RBAC: a role in the next token, and out of the one after', async () => {
    same((await token()).permissions, [], 'permissions before');
    await world.management.users.roles.assign(id, { roles: [reader] });
    const with_role = await token();
    same([with_role.permissions, with_role.scope.split(' ').sort()], [['read:it'], ['openid', 'read:it']], 'permissions and scope with the role');
    await world.management.users.roles.delete(id, { roles: [reader] });
    same((await token()).permissions, [], 'permissions after');
  });
}
