// This program makes every call of the Descope Node SDK that Rolecall answers,
// good and bad, against the server named by the JSON file in ROLECALL_DEV_INFO.

import { readFileSync } from 'node:fs';
import DescopeClient from '@descope/node-sdk';
import { end } from './check.mjs';
import { permissions, roles, memberships, batches, roleSearch } from './rbac.mjs';
import { tenants } from './tenants.mjs';
import { users, userChanges, userBatches, userSearch } from './users.mjs';
import { passwords, sessions, claims, selection, endings, managedSessions, limits } from './sessions.mjs';
import { accessKeys, exchange, credentials } from './keys.mjs';
import { sso, others } from './sso.mjs';

const server = JSON.parse(readFileSync(process.env.ROLECALL_DEV_INFO, 'utf8'));

// client returns an SDK client, changed by base URL, project id and management
// key, and nothing else.
const client = (change = {}) =>
  DescopeClient({
    projectId: server.project_id,
    managementKey: server.management_key,
    baseUrl: server.url,
    logger: { log() {}, debug() {}, warn() {}, error() {} },
    ...change,
  });

const sdk = client();
for (const group of [
  permissions, roles, memberships, batches, roleSearch,
  tenants, users, userChanges, userBatches, userSearch,
  passwords, sessions, claims, selection, endings, managedSessions,
  accessKeys, exchange, sso, others, credentials, limits,
]) {
  await group(sdk, { server, client });
}
process.exitCode = end();
