import { bad, check, holds, must, refused, same, sameSet, unknown } from './check.mjs';

export async function sso(sdk, { server }) {
  const m = sdk.management.sso;
  const saml = {
    idpUrl: 'https://idp.example/sso', entityId: 'idp', idpCert: 'certificate',
    attributeMapping: { name: 'cn', email: 'mail', group: 'groups' },
    roleMappings: [{ groups: ['staff', 'crew'], roleName: 'Reader' }], defaultSSORoles: ['Editor'],
  };
  // The SDK reads a mapping's role from groupsMapping[].role, and tells its name.
  const mapped = async (tenant) => (await must(m.loadSettings(tenant))).saml.groupsMapping;
  await check('sso: SAML, configured and loaded', async () => {
    await must(m.configureSAMLSettings('acme', saml, 'https://acme.example/in', ['acme.example']));
    const got = await must(m.loadSettings('acme'));
    same([got.tenant.id, got.tenant.authType, got.tenant.domains], ['acme', 'saml', ['acme.example']]);
    same([got.saml.idpSSOUrl, got.saml.idpEntityId, got.saml.idpCertificate, got.saml.redirectUrl],
      ['https://idp.example/sso', 'idp', 'certificate', 'https://acme.example/in']);
    same(got.saml.attributeMapping.email, 'mail', 'mapping of e-mail');
    sameSet(got.saml.defaultSSORoles, ['Editor'], 'default roles');
  });
  await check('sso: what the service provider is called', async () => {
    const got = (await must(m.loadSettings('acme'))).saml;
    same(got.spEntityId, `${server.project_id}-acme`, 'entity id');
    holds(got.spACSUrl.includes(`projectId=${server.project_id}`) && got.spACSUrl.includes('tenantId=acme'), 'project and tenant in the ACS URL');
  });
  await check('sso: groups are mapped to a role', async () => {
    const [got] = await mapped('acme');
    same(got.roleName ?? got.role, 'Reader', 'role');
    sameSet(got.groups, ['staff', 'crew'], 'groups');
  });
  await check('sso: a mapping to an unknown role is refused', () =>
    refused(m.configureSAMLSettings('acme', { ...saml, roleMappings: [{ groups: ['x'], roleName: 'Ghost' }] }), bad, unknown));
  await check('sso: SAML by metadata replaces', async () => {
    await must(m.configureSAMLByMetadata('acme', { idpMetadataUrl: 'https://idp.example/metadata' }));
    const got = (await must(m.loadSettings('acme'))).saml;
    same([got.idpMetadataUrl, got.groupsMapping], ['https://idp.example/metadata', []]);
  });
  await check('sso: OIDC, configured and loaded, its secret never told', async () => {
    await must(m.configureOIDCSettings('globex', {
      name: 'idp', clientId: 'client', clientSecret: 'secret', authUrl: 'https://idp.example/auth', tokenUrl: 'https://idp.example/token',
      scope: ['openid', 'email'], JWKsUrl: 'https://idp.example/keys', issuer: 'https://idp.example', grantType: 'authorization_code',
      attributeMapping: { loginId: 'sub', email: 'email' }, roleMappings: [{ groups: ['staff'], roleName: 'Reader' }],
    }, ['globex.example']));
    const got = await must(m.loadSettings('globex'));
    same([got.tenant.authType, got.oidc.name, got.oidc.clientId, got.oidc.clientSecret, got.oidc.JWKsUrl, got.oidc.issuer],
      ['oidc', 'idp', 'client', '', 'https://idp.example/keys', 'https://idp.example']);
    sameSet(got.oidc.scope, ['openid', 'email'], 'scope');
  });
  await check('sso: all settings of a tenant', async () => same((await must(m.loadAllSettings('globex'))).length, 1, 'settings'));
  await check('sso: delete', async () => {
    await must(m.deleteSettings('acme'));
    const res = await m.loadSettings('acme');
    if (!res.ok) return refused(res, bad, unknown);
    holds(!res.data.saml?.idpMetadataUrl, 'no settings');
  });
  await check('sso: settings of an unknown tenant are refused', () => refused(m.configureSAMLSettings('no-such-tenant', saml), bad, unknown));
}

export async function others(sdk) {
  const { audit, project, group } = sdk.management;
  await check('audit: an event is found afterwards', async () => {
    await must(audit.createEvent({ action: 'door.opened', type: 'info', actorId: 'porter', tenantId: 'acme', data: { door: '3' } }));
    const { audits, total } = await must(audit.searchAll({ actions: ['door.opened'] }));
    same([total, audits[0].action, audits[0].tenants, audits[0].data], [1, 'door.opened', ['acme'], { door: '3' }]);
    holds(Math.abs(audits[0].occurred - Date.now()) < 600_000, 'now, in milliseconds');
  });
  await check('audit: an action that never was finds none', async () => same(await must(audit.search({ actions: ['never'] })), [], 'events'));
  await check('snapshot: export, validate and import', async () => {
    const { files } = await must(project.exportSnapshot());
    holds(Object.keys(files).length > 0, 'files');
    same((await must(project.validateSnapshot({ files }))).ok, true, 'valid');
    await must(project.importSnapshot({ files }));
  });
  await check('groups: those of a tenant, and of a user, are lists', async () => {
    holds(Array.isArray(await must(group.loadAllGroups('acme'))), 'a list');
    holds(Array.isArray(await must(group.loadAllGroupsForMember('acme', [], ['rita']))), 'a list');
  });
}
