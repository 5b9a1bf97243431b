// An add-on on ac-koa-hipchat, written as its users wrote theirs: usage `node addon.js PORT`.
//
// Routes, tenants, tokens, webhooks and the verification of JWTs are the framework's. It says hello to who
// says /hello, and to who enters the room, which it hears through a webhook that it registers when installed.
'use strict';

const ack = require('ac-koa').require('hipchat');

const port = Number(process.argv[2]);
const about = {
  name: 'by-ac-koa-hipchat',
  displayName: 'By ac-koa-hipchat',
  description: 'An add-on on an old framework',
  version: '1.0.0',
  author: { name: 'A stranger', url: 'https://example.com' },
};
// Outside production the framework verifies neither the age nor the expiry of a token.
about[process.env.NODE_ENV] = { port, localBaseUrl: `http://127.0.0.1:${port}` };

const app = ack(about, { store: 'MemoryStore' });
const addon = app
  .addon()
  .hipchat()
  .allowRoom(true)
  .allowGlobal(true)
  .scopes('admin_room', 'send_notification', 'view_room');

addon.glance('greetings', 'Greetings', '/icon.png', 'guests', '/glance');
addon.webPanel('guests', 'Guests', 'hipchat.sidebar.right', '/panel');

addon.webhook('room_message', /^\/hello(?: (.+))?$/i, function* hello() {
  const name = this.match[1] || this.sender.name;
  yield this.roomClient.sendNotification(`Hello, ${name}`, { color: 'green', format: 'text' });
});

addon.onWebhook('install', function* installed() {
  // Only rooms have webhooks; an installation for the group has no room to register one in.
  if (this.tenant.room) yield this.tenantWebhooks.add('room_enter');
});

addon.onWebhook('room_enter', function* entered() {
  yield this.roomClient.sendNotification(`Welcome, ${this.sender.name}`, { format: 'text' });
});

addon.get('/glance', addon.authenticate(), function* glance() {
  this.set('Access-Control-Allow-Origin', '*');
  this.body = { label: { type: 'html', value: `Room ${this.authentication.context.room_id}` } };
});

addon.get('/panel', addon.authenticate(), function* panel() {
  this.type = 'html';
  this.body = `<script src="${this.locals.tenantScriptUrl}"></script><p>${this.tenant.id}</p>`;
});

app.listen();
