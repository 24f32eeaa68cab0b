// This program makes the calls of Auth0's Node SDK that Rolecall answers, good
// and bad, against the server named by the JSON file in ROLECALL_DEV_INFO.
// NODE_EXTRA_CA_CERTS names the authority to trust. Its argument is which major
// version of the SDK; both come with an earlier one as auth0/legacy.

import { readFileSync } from 'node:fs';
import { end } from './check.mjs';
import { resourceServers, roles, users, search, holdings } from './rbac.mjs';
import { clients, grants, connections, organizations, invitations, operations, refusals } from './things.mjs';
import { machines, passwords, refresh, signup, codes, tokens } from './authentication.mjs';
import { older } from './older.mjs';

const version = process.argv[2];
const sdk = await import(version === '7' ? 'auth0-7' : 'auth0');
const legacy = await import(version === '7' ? 'auth0-7/legacy' : 'auth0/legacy');
const server = JSON.parse(readFileSync(process.env.ROLECALL_DEV_INFO, 'utf8'));
const domain = new URL(server.url).host;

// A client is changed by domain and credentials, and nothing else. Version 7 has
// the Authentication API in its legacy part alone.
const manage = (credentials) => new sdk.ManagementClient({ domain, ...credentials });
const from = version === '7' ? legacy : sdk;
const world = {
  server,
  manage,
  audience: `${server.url}api/v2/`,
  management: manage({ clientId: server.management_client_id, clientSecret: server.management_client_secret }),
  authenticate: (app) => new from.AuthenticationClient({ domain, clientId: app.client_id, clientSecret: app.client_secret }),
  userinfo: new from.UserInfoClient({ domain }),
  legacy: new legacy.ManagementClient({ domain, clientId: server.management_client_id, clientSecret: server.management_client_secret }),
};

for (const group of [
  resourceServers, roles, users, search, holdings,
  clients, grants, connections, organizations, invitations, operations, refusals,
  machines, passwords, refresh, signup, codes, tokens, older,
]) {
  await group(world);
}
process.exitCode = end();
