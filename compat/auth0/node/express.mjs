// This program runs an API on express-oauth2-jwt-bearer, whose tokens the server
// named by the JSON file in ROLECALL_DEV_INFO issues, and asks it by HTTP.
// NODE_EXTRA_CA_CERTS names the authority to trust.

import { readFileSync } from 'node:fs';
import { api } from './express-api.mjs';
import { check, claims, database, end, holds, password, same } from './check.mjs';

const server = JSON.parse(readFileSync(process.env.ROLECALL_DEV_INFO, 'utf8'));
const audience = 'https://messages.example.com';

async function token(request) {
  const answer = await fetch(`${server.url}oauth/token`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request),
  });
  const { access_token, ...rest } = await answer.json();
  if (!access_token) throw new Error(`no token: ${answer.status} ${JSON.stringify(rest)}`);
  return access_token;
}

const administrator = await token({
  grant_type: 'client_credentials', audience: `${server.url}api/v2/`,
  client_id: server.management_client_id, client_secret: server.management_client_secret,
});
async function manage(method, path, body) {
  const answer = await fetch(`${server.url}api/v2/${path}`, {
    method, headers: { authorization: `Bearer ${administrator}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

const messages = await manage('POST', 'resource-servers', {
  identifier: audience, name: 'Messages', enforce_policies: true, token_dialect: 'access_token_authz',
  scopes: [{ value: 'read:messages' }, { value: 'write:messages' }],
});
await manage('POST', 'resource-servers', { identifier: 'https://other.example.com', name: 'Other' });
const app = await manage('POST', 'clients', { name: 'Application', grant_types: ['password', 'client_credentials'] });
await manage('POST', 'client-grants', { client_id: app.client_id, audience, scope: ['read:messages'] });
const { user_id } = await manage('POST', 'users', { connection: database, email: 'ada@example.com', password });
const role = await manage('POST', 'roles', { name: 'Reader' });
await manage('POST', `roles/${role.id}/permissions`, { permissions: [{ resource_server_identifier: audience, permission_name: 'read:messages' }] });
const roles = (method) => manage(method, `users/${encodeURIComponent(user_id)}/roles`, { roles: [role.id] });

const login = (change = {}) =>
  token({
    grant_type: 'password', username: 'ada@example.com', password, audience, scope: 'openid read:messages write:messages',
    client_id: app.client_id, client_secret: app.client_secret, ...change,
  });
const machine = () => token({ grant_type: 'client_credentials', audience, client_id: app.client_id, client_secret: app.client_secret });

// serve runs the API on a free port while body asks it.
async function serve(options, body) {
  const listening = api(server.url, audience, options).listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  const origin = `http://127.0.0.1:${listening.address().port}`;
  try {
    await body(async (path, authorization) => {
      const answer = await fetch(origin + path, { headers: authorization ? { authorization } : {} });
      const { code, message } = await answer.json();
      return { status: answer.status, code, message, challenge: answer.headers.get('www-authenticate') };
    });
  } finally {
    listening.close();
  }
}

// expects asks and compares the status, the code and a part of the message.
async function expects(ask, path, authorization, status, code, message = '') {
  const got = await ask(path, authorization);
  same([got.status, got.code], [status, code], `${path}: status and code of ${JSON.stringify(got)}`);
  holds((got.message ?? '').includes(message), `${path}: ${message} in ${got.message}`);
  return got;
}

await serve({}, async (ask) => {
  let before, during;
  await check('no token: 401 with a challenge, and 200 where none is needed', async () => {
    const got = await expects(ask, '/protected', undefined, 401, undefined);
    holds(got.challenge.startsWith('Bearer realm="api"'), `a challenge in ${got.challenge}`);
    await expects(ask, '/public', undefined, 200);
  });
  await check('what is no token: 400 for the header, 401 for its content', async () => {
    await expects(ask, '/protected', 'Bearer', 400, ''); // the library's own words
    await expects(ask, '/protected', 'Bearer nonsense', 401, 'invalid_token');
    const [head, , signature] = (await login()).split('.');
    const forged = Buffer.from(JSON.stringify({ iss: server.url, aud: audience, sub: user_id, permissions: ['read:messages'] })).toString('base64url');
    await expects(ask, '/protected', `Bearer ${[head, forged, signature].join('.')}`, 401, 'invalid_token', 'signature');
  });
  await check('without the role: signed in, and no more', async () => {
    before = `Bearer ${await login()}`;
    await expects(ask, '/protected', before, 200);
    await expects(ask, '/scope', before, 403, 'insufficient_scope', 'Insufficient Scope');
    await expects(ask, '/any-scope', before, 403, 'insufficient_scope');
    await expects(ask, '/permission', before, 401, 'invalid_token', 'permissions');
  });
  await check('with the role: a new token has its scope and its permission', async () => {
    await roles('POST');
    during = `Bearer ${await login()}`;
    for (const path of ['/scope', '/any-scope', '/permission']) await expects(ask, path, during, 200);
    await expects(ask, '/permission', before, 401, 'invalid_token');
  });
  await check('a permission that the role does not give', async () => {
    await expects(ask, '/both', during, 401, 'invalid_token', "Unexpected 'permissions' value");
  });
  await check('without the role again: the token of before lives on, the next one is refused', async () => {
    await roles('DELETE');
    await expects(ask, '/permission', during, 200);
    await expects(ask, '/permission', `Bearer ${await login()}`, 401, 'invalid_token');
  });
  await check('a token with no scope claim at all', async () => {
    const bare = await login({ scope: '' });
    same(claims(bare).scope || undefined, undefined, 'scope');
    await expects(ask, '/scope', `Bearer ${bare}`, 403, 'insufficient_scope');
  });
  await check('a machine: what its client grant says', async () => {
    const authorization = `Bearer ${await machine()}`;
    for (const path of ['/protected', '/scope', '/permission', '/machine']) await expects(ask, path, authorization, 200);
    await expects(ask, '/machine', during, 401, 'invalid_token');
  });
  await check('a token for another API', async () => {
    await expects(ask, '/protected', `Bearer ${await login({ audience: 'https://other.example.com' })}`, 401, 'invalid_token', 'aud');
  });
});

await serve({ strict: true }, async (ask) => {
  await check('strict: only tokens of RFC 9068', async () => {
    await expects(ask, '/protected', `Bearer ${await machine()}`, 401, 'invalid_token', "'typ'");
    await manage('PATCH', `resource-servers/${messages.id}`, { token_dialect: 'rfc9068_profile_authz' });
    for (const path of ['/protected', '/scope', '/permission']) await expects(ask, path, `Bearer ${await machine()}`, 200);
    await roles('POST');
    await expects(ask, '/permission', `Bearer ${await login()}`, 200);
  });
});

process.exitCode = end();
