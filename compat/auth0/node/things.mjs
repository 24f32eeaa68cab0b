// Clients, grants, connections, organizations, and what runs beside them.

import { all, check, database, holds, refused, refusedAs, same, sameSet } from './check.mjs';
import { api, role, user } from './rbac.mjs';

// application makes a client that may use grants.
export const application = ({ management }, name, grant_types, change = {}) =>
  management.clients.create({
    name, grant_types, app_type: 'regular_web', callbacks: ['https://app.example.com/callback'],
    initiate_login_uri: 'https://app.example.com/login', ...change,
  });

export async function clients(world) {
  const { management } = world;
  let app;
  await check('client: create with a name only', async () => {
    app = await management.clients.create({ name: 'Website' });
    same(app.client_secret.length, 64, 'length of the secret');
    sameSet(app.grant_types, ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'], 'grant types');
    same([app.is_first_party, app.jwt_configuration.lifetime_in_seconds], [true, 36000], 'defaults');
  });
  await check('client: update and read', async () => {
    const change = {
      app_type: 'spa', token_endpoint_auth_method: 'none', callbacks: ['https://app.example.com'], web_origins: ['https://app.example.com'],
      allowed_logout_urls: ['https://app.example.com'], allowed_origins: ['https://app.example.com'], grant_types: ['authorization_code', 'refresh_token'],
      client_metadata: { team: 'web' }, organization_usage: 'allow',
    };
    same((await management.clients.update(app.client_id, change)).name, 'Website', 'name');
    const got = await management.clients.get(app.client_id);
    for (const [name, value] of Object.entries(change)) same(got[name], value, name);
  });
  await check('client: another secret', async () => {
    const { client_secret } = await management.clients.rotateSecret(app.client_id);
    holds(client_secret && client_secret !== app.client_secret, 'another');
  });
  await check('client: list, and its connections', async () => {
    holds((await all(management.clients.list({ app_type: 'spa' }))).some((c) => c.client_id === app.client_id), 'there');
    holds((await all(management.clients.connections.get(app.client_id))).some((c) => c.name === database), 'the database');
  });
  await check('client: what can\'t be is refused', async () => {
    await refused(management.clients.create({ description: '?' }), 400);
    await refused(management.clients.update(app.client_id, { callbacks: ['not an address'] }), 400);
  });
  await check('client: delete, twice', async () => {
    await management.clients.delete(app.client_id);
    await management.clients.delete(app.client_id);
    await refused(management.clients.get(app.client_id), 404);
  });
}

export async function grants(world) {
  const { management } = world;
  const audience = 'https://granted.example.com';
  await api(world, audience, ['read:it', 'write:it']);
  const { client_id } = await application(world, 'Granted', ['client_credentials']);
  await check('client grant: create, read, update, list, delete', async () => {
    const { id } = await management.clientGrants.create({ client_id, audience, scope: ['read:it'] });
    await refused(management.clientGrants.create({ client_id, audience, scope: ['read:it'] }), 409);
    const got = await management.clientGrants.get(id);
    same([got.client_id, got.audience, got.scope, got.subject_type], [client_id, audience, ['read:it'], 'client'], 'grant');
    same((await management.clientGrants.update(id, { scope: ['write:it'] })).scope, ['write:it'], 'scope');
    await refused(management.clientGrants.update(id, { scope: ['burn:it'] }), 400);
    same((await all(management.clientGrants.list({ client_id }))).map((g) => g.id), [id], 'list');
    await management.clientGrants.delete(id);
    await management.clientGrants.delete(id);
    same(await all(management.clientGrants.list({ audience })), [], 'list');
  });
}

export async function connections(world) {
  const { management } = world;
  let id;
  await check('connection: the database is there from the start', async () => {
    const [found] = await all(management.connections.list({ name: database, strategy: ['auth0'] }));
    id = found.id;
    const got = await management.connections.get(id);
    same([got.name, got.strategy, got.realms], [database, 'auth0', [database]], 'connection');
  });
  await check('connection: clients, off and on', async () => {
    const { client_id } = await application(world, 'Connected', ['password']);
    for (const status of [false, true]) {
      await management.connections.clients.update(id, [{ client_id, status }]);
      const enabled = await all(management.connections.clients.get(id, { take: 1 }));
      same(enabled.some((c) => c.client_id === client_id), status, 'enabled');
    }
  });
  await check('connection: create, update, delete', async () => {
    const made = await management.connections.create({ name: 'Second-Database', strategy: 'auth0' });
    await refused(management.connections.create({ name: 'Second-Database', strategy: 'auth0' }), 409);
    same((await management.connections.update(made.id, { options: { disable_signup: true } })).options.disable_signup, true, 'sign-up');
    await management.connections.delete(made.id);
    await refusedAs('The connection does not exist', management.connections.get(made.id), 404);
  });
}

export async function organizations(world) {
  const { management } = world;
  let id;
  await check('organization: create, update, read by id and by name', async () => {
    ({ id } = await management.organizations.create({ name: 'acme', display_name: 'Acme', metadata: { plan: 'pro' }, branding: { logo_url: 'https://acme.example.com/logo.png', colors: { primary: '#112233', page_background: '#ffffff' } } }));
    await management.organizations.update(id, { display_name: 'Acme Inc.' });
    for (const got of [await management.organizations.get(id), await management.organizations.getByName('acme')]) {
      same([got.id, got.name, got.display_name, got.metadata], [id, 'acme', 'Acme Inc.', { plan: 'pro' }], 'organization');
    }
  });
  await check('organization: list from checkpoint to checkpoint', async () => {
    const want = ['acme', 'paged-0', 'paged-1', 'paged-2'];
    for (const name of want.slice(1)) await management.organizations.create({ name });
    sameSet((await all(management.organizations.list({ take: 2 }))).map((o) => o.name), want, 'organizations');
  });
  await check('organization: a name is unique and lower-case', async () => {
    await refused(management.organizations.create({ name: 'acme' }), 409);
    await refused(management.organizations.create({ name: 'Not A Name' }), 400);
  });
  await check('members: add, list, their roles, remove', async () => {
    const member = await user(world, 'member@example.com');
    const admin = await role(world, 'Admin there');
    await management.organizations.members.create(id, { members: [member] });
    await management.organizations.members.roles.assign(id, member, { roles: [admin] });
    same((await all(management.organizations.members.list(id))).map((m) => m.user_id), [member], 'members');
    const [shown] = await all(management.organizations.members.list(id, { fields: 'user_id,roles', include_fields: true }));
    same(shown.roles, [{ id: admin, name: 'Admin there' }], 'with their roles');
    same((await all(management.organizations.members.roles.list(id, member))).map((r) => r.name), ['Admin there'], 'roles');
    same((await all(management.organizations.members.effectiveRoles.list(id, member))).map((r) => r.name), ['Admin there'], 'effective roles');
    same((await all(management.users.organizations.list(member))).map((o) => o.name), ['acme'], 'organizations');
    same(await all(management.users.roles.list(member)), [], 'roles outside');
    await management.organizations.members.roles.delete(id, member, { roles: [admin] });
    same(await all(management.organizations.members.roles.list(id, member)), [], 'roles');
    await management.organizations.members.delete(id, { members: [member] });
    same(await all(management.organizations.members.list(id)), [], 'members');
  });
  await check('enabled connection: add, read, update, list, remove', async () => {
    const [{ id: connection_id }] = await all(management.connections.list({ name: database }));
    await management.organizations.enabledConnections.add(id, { connection_id, assign_membership_on_login: true });
    const got = await management.organizations.enabledConnections.get(id, connection_id);
    same([got.assign_membership_on_login, got.connection], [true, { name: database, strategy: 'auth0' }], 'connection');
    await management.organizations.enabledConnections.update(id, connection_id, { assign_membership_on_login: false });
    same((await all(management.organizations.enabledConnections.list(id))).map((c) => c.assign_membership_on_login), [false], 'list');
    await management.organizations.enabledConnections.delete(id, connection_id);
    await refusedAs('No connection found by that id', management.organizations.enabledConnections.get(id, connection_id), 404);
  });
  await check('organization\'s client grant: add, list, remove', async () => {
    const audience = 'https://organized.example.com';
    await api(world, audience, ['read:it']);
    const { client_id } = await application(world, 'Organized', ['client_credentials']);
    const grant = await management.clientGrants.create({ client_id, audience, scope: ['read:it'], organization_usage: 'allow' });
    await management.organizations.clientGrants.create(id, { grant_id: grant.id });
    same((await all(management.organizations.clientGrants.list(id))).map((g) => g.id), [grant.id], 'grants');
    same((await all(management.clientGrants.organizations.list(grant.id))).map((o) => o.id), [id], 'organizations');
    await management.organizations.clientGrants.delete(id, grant.id);
  });
  await check('organization: delete, and then it does not exist', async () => {
    await management.organizations.delete(id);
    await refusedAs('No organization found by that id or name', management.organizations.get(id), 404);
    await refused(management.organizations.delete(id), 404);
  });
}

export async function invitations(world) {
  const { management } = world;
  const { id } = await management.organizations.create({ name: 'inviting' });
  const { client_id } = await application(world, 'Invites', ['authorization_code']);
  const employee = await role(world, 'Invited');
  await check('invitation: create, read, list, delete', async () => {
    const made = await management.organizations.invitations.create(id, {
      inviter: { name: 'Ada' }, invitee: { email: 'new@example.com' }, client_id, roles: [employee], send_invitation_email: false,
    });
    holds(made.invitation_url.startsWith(`https://app.example.com/login?invitation=${made.ticket_id}&organization=${id}`), `the link ${made.invitation_url}`);
    same(Date.parse(made.expires_at) - Date.parse(made.created_at), 604800000, 'lifetime');
    const got = await management.organizations.invitations.get(id, made.id);
    same([got.invitee, got.inviter, got.roles], [{ email: 'new@example.com' }, { name: 'Ada' }, [employee]], 'invitation');
    same((await all(management.organizations.invitations.list(id))).map((i) => i.id), [made.id], 'list');
    await management.organizations.invitations.delete(id, made.id);
    await refusedAs('The invitation does not exist.', management.organizations.invitations.get(id, made.id), 404);
  });
}

export async function operations(world) {
  const { management, server } = world;
  const user_id = await user(world, 'operated@example.com');
  await check('logs: list, and one by its id', async () => {
    const page = await management.logs.list({ per_page: 3 });
    same(page.data.length, 3, 'entries');
    same((await management.logs.get(page.data[1].log_id)).log_id, page.data[1].log_id, 'id');
    await refused(management.logs.get('90020230101000000000000000000000000000000'), 404);
  });
  await check('tickets and jobs', async () => {
    for (const { ticket } of [await management.tickets.changePassword({ user_id }), await management.tickets.verifyEmail({ user_id })]) {
      holds(ticket.startsWith(server.url), 'a link to the server');
    }
    holds(/^job_/.test((await management.jobs.verificationEmail.create({ user_id })).id), 'a job');
  });
}

export async function refusals(world) {
  const { management, manage, audience } = world;
  await check('refused: what is no token, and a forged one', async () => {
    await refused(manage({ token: 'nonsense' }).roles.list(), 400);
    await refused(manage({ token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.' }).roles.list(), 401);
  });
  await check('refused: a scope that the token lacks', async () => {
    const app = await application(world, 'Reads roles', ['client_credentials']);
    await management.clientGrants.create({ client_id: app.client_id, audience, scope: ['read:roles'] });
    const theirs = manage({ clientId: app.client_id, clientSecret: app.client_secret });
    await theirs.roles.list();
    await refusedAs('Insufficient scope, expected any of: create:roles', theirs.roles.create({ name: 'Theirs' }), 403);
  });
  await check('refused: a page that is too large', async () => {
    await refused(management.roles.list({ per_page: 101 }), 400);
  });
}
