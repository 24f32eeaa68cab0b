// An API on express-oauth2-jwt-bearer, as Auth0's guides write it: two settings,
// a guard on each route, and Express's own answers to its errors.

import express from 'express';
import { auth, claimCheck, claimIncludes, requiredScopes, scopeIncludesAny } from 'express-oauth2-jwt-bearer';

export function api(issuerBaseURL, audience, options = {}) {
  const app = express();
  const ok = (req, res) => res.json({ sub: req.auth.payload.sub });
  app.get('/public', (req, res) => res.json({}));
  app.use(auth({ issuerBaseURL, audience, ...options }));
  app.get('/protected', ok);
  app.get('/scope', requiredScopes('read:messages'), ok);
  app.get('/any-scope', scopeIncludesAny('read:messages write:messages'), ok);
  app.get('/permission', claimIncludes('permissions', 'read:messages'), ok);
  app.get('/both', claimIncludes('permissions', 'read:messages', 'write:messages'), ok);
  app.get('/machine', claimCheck((claims) => claims.gty === 'client-credentials'), ok);
  app.use((error, req, res, next) => res.status(error.status).set(error.headers).json({ code: error.code, message: error.message }));
  return app;
}
