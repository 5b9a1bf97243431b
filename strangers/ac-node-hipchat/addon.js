// A small add-on whose protocol side is ac-node-hipchat: usage `node addon.js PORT`.
//
// The library describes the add-on, turns an installation into a tenant, gets tokens, verifies the host's JWTs
// and calls the API. POST /call {"tenant", "method", "args"} runs one method of its client for the tests.
'use strict';

const http = require('http');
const { MemoryStore, Tenants } = require('ac-node');
const hipchat = require('ac-node-hipchat');

const port = Number(process.argv[2]);
const base = `http://127.0.0.1:${port}`;
const paths = { base, homepage: '/', descriptor: '/descriptor', installable: '/installed', webhook: '/webhook' };
const about = {
  name: 'by-ac-node-hipchat',
  displayName: 'By ac-node-hipchat',
  description: 'An add-on by an old library',
  version: '1.0.0',
  author: { name: 'A stranger', url: 'https://example.com' },
};

const store = MemoryStore('tenants');
const tenants = Tenants(store);
// Outside production the library verifies neither the age nor the expiry of a token.
const authenticate = hipchat.authenticator('production', tenants);
const rest = hipchat.RestClient();
let descriptor;

const builder = hipchat.Builder({}, {
  addWebhook() {},
  ready(built) {
    descriptor = hipchat.transform(built, about, paths);
  },
});
builder.allowGlobal(true).allowRoom(true);
builder.scopes(
  'admin_room',
  'send_message',
  'send_notification',
  'view_group',
  'view_messages',
  'view_room',
);
builder.glance('status', 'Status', '/icon.png', 'report', '/glance');
builder.webPanel('report', 'Report', 'hipchat.sidebar.right', '/panel');
builder.webhook({ event: 'room_message', name: 'ask', pattern: '^/ask', url: '/webhook', authentication: 'jwt' });

function clientOf(tenant) {
  return rest.forTenant(tenant, store.narrow(tenant.id).narrow('token'), []);
}

async function install(payload) {
  const tenant = hipchat.tenantFactory(payload, await rest.getCapabilities(payload.capabilitiesUrl));
  await clientOf(tenant).getToken('send_notification');
  await tenants.installed(tenant);
}

async function answerWebhook(authorization, body) {
  // The library knows the header only as `JWT token=...`; the host writes `JWT ...`.
  const { issuer, context } = await authenticate(authorization.replace(/^JWT /, ''));
  const { content, room } = hipchat.webhookExtractors[body.event](body);
  await clientOf(issuer).sendNotification(room.id, `Asked: ${content}`, { format: 'text', color: 'green' });
  return context;
}

async function answer(request, url, body) {
  const asked = `${request.method} ${url.pathname}`;
  if (asked === 'GET /descriptor') return [200, descriptor];
  if (asked === 'POST /installed') return install(body).then(() => [204]);
  if (request.method === 'DELETE') return tenants.uninstalled(url.pathname.split('/').pop()).then(() => [204]);
  if (asked === 'POST /webhook') return answerWebhook(request.headers.authorization, body).then(() => [204]);
  if (asked === 'GET /glance') {
    const seen = await authenticate(url.searchParams.get('signed_request'));
    const value = `${seen.userId} in ${seen.context.room_id}`;
    return [200, { label: { type: 'html', value }, metadata: { token: seen.token } }];
  }
  if (asked === 'GET /session') {
    const seen = await authenticate(undefined, request.headers.authorization);
    return [200, { tenant: seen.issuer.id }];
  }
  if (asked === 'POST /call') {
    const tenant = await tenants.get(body.tenant);
    const result = await clientOf(tenant)[body.method](...body.args);
    return [200, { result: result === undefined ? null : result }];
  }
  return [404, { error: `there is no ${asked}` }];
}

function statusOf(error) {
  return /signature|Authorization|segments/.test(error.message) ? 401 : 400;
}

http
  .createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const url = new URL(request.url, base);
    let status;
    let document;
    try {
      [status, document] = await answer(request, url, text ? JSON.parse(text) : undefined);
    } catch (error) {
      [status, document] = [statusOf(error), { error: error.message }];
    }
    response.writeHead(status, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' });
    response.end(document === undefined ? undefined : JSON.stringify(document));
  })
  .listen(port, '127.0.0.1');
