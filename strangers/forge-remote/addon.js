// An add-on on atlassian-connect-express that goes on in Forge: usage `node addon.js PORT`. What it heard is at /heard.
'use strict';

const jose = require('jose');

// The framework knows two key servers by name; the library below it takes the one of FORGE_JWKS_URL.
require.cache[require.resolve('jose')].exports = {
  ...jose,
  createRemoteJWKSet: () => jose.createRemoteJWKSet(new URL(process.env.FORGE_JWKS_URL)),
};

const ace = require('atlassian-connect-express');
const express = require('express');

const port = Number(process.argv[2]);
const origin = `http://127.0.0.1:${port}`;
const heard = [];
const kept = new Map();

// It lets add-ons bring a store; its own need a database or a compiled driver.
ace.store.register('memory', () => ({
  get: async (key, client) => kept.get(`${client} ${key}`) ?? null,
  set: async (key, value, client) => kept.set(`${client} ${key}`, value) && value,
  del: async (key, client) => kept.delete(`${client} ${key}`),
  async saveInstallation(value, client) {
    if (value.installationId) {
      kept.set(`installation ${value.installationId}`, client);
    }
    return this.set('clientInfo', value, client);
  },
  async getClientSettingsForForgeInstallation(id) {
    return this.get('clientInfo', kept.get(`installation ${id}`));
  },
  forForgeInstallation: (id) => ({
    get: async (key) => kept.get(`forge ${id} ${key}`) ?? null,
    set: async (key, value) => kept.set(`forge ${id} ${key}`, value) && value,
  }),
  getAllClientInfos: async () => [],
  isMemoryStore: () => true,
}));

const descriptor = {
  key: process.env.ADDON_KEY,
  name: 'On ACE',
  baseUrl: origin,
  authentication: { type: 'jwt' },
  lifecycle: { installed: '/installed' },
  apiMigrations: { 'signed-install': true, gdpr: true, 'context-qsh': true },
  scopes: ['READ'],
  modules: {},
};
const app = express();
const settings = { port, localBaseUrl: origin, store: { adapter: 'memory' }, hosts: [], watch: false };
const config = { product: 'jira', appId: process.env.AC_APP_ID, [app.get('env')]: settings };
const addon = ace(app, { config: { ...config, descriptorTransformer: () => descriptor } });

app.use(express.json());
app.use(addon.middleware());
app.post('/forge/events', addon.authenticateForge(), addon.associateConnect(), async (request, respond) => {
  const { forge, clientKey } = request.context;
  const token = await addon.getForgeAppToken(forge.app.installationId);
  heard.push({ event: request.body.eventType, installation: forge.app.installationId, clientKey, ...token });
  respond.status(204).end();
});
app.get('/heard', (_request, respond) => respond.json(heard));
app.listen(port, '127.0.0.1');
