// An add-on on atlassian-connect-express, written as its users write theirs: usage `node addon.js PORT PRODUCT`.
//
// Routes, tenants, tokens, permission checks and the verification of JWTs are the framework's. It shows a panel beside
// an issue or a page, comments on issues that change, and tells at /heard which webhooks came.
'use strict';

const path = require('path');
const ace = require('atlassian-connect-express');
const express = require('express');
const oauth2 = require('atlassian-oauth2');
const descriptors = require('./descriptors.js');
const memory = require('./store.js');

const [port, product] = [Number(process.argv[2]), process.argv[3]];
const origin = `http://127.0.0.1:${port}`;
const heard = [];

// The framework calls the server of Atlassian for tokens of users; the library below it takes another one.
const { getAccessToken } = oauth2;
oauth2.getAccessToken = (asked) => getAccessToken({ ...asked, authorizationServerBaseUrl: process.env.OAUTH_URL });

ace.store.register('memory', memory);

const app = express();
const settings = { port, localBaseUrl: origin, store: { adapter: 'memory' }, hosts: [], watch: false };
const config = {
  product,
  // Only in production is a host of any other name turned away.
  [app.get('env')]: settings,
  descriptorTransformer: () => descriptors(product, origin),
};
const addon = ace(app, { config });

app.use(express.json());
app.use(addon.middleware());

// What a site answers, or the status with which it refuses.
function answered(respond) {
  return (error, response, body) => {
    if (error) respond.status(500).send(String(error));
    else respond.json({ status: response.statusCode, body });
  };
}

app.post('/uninstalled', addon.authenticateInstall(), (request, respond) => {
  addon.settings.del('clientInfo', request.body.clientKey).then(() => respond.status(204).end());
});

for (const change of ['enabled', 'disabled']) {
  app.post(`/${change}`, addon.authenticate(), (request, respond) => {
    heard.push({ event: change, client: request.context.clientKey });
    respond.status(204).end();
  });
}

app.get('/panel', addon.authenticate(), (request, respond) => {
  const { hostScriptUrl, token, userAccountId, context } = request.context;
  respond.set('Content-Type', 'text/html').send(`<!doctype html><html lang="en"><head><title>Panel</title>
<meta name="token" content="${token}"><link rel="icon" href="data:,">
<script src="${hostScriptUrl}" data-options="resize:true"></script></head>
<body><main class="ac-content"><h1>For ${userAccountId}</h1>
<p id="asked">${JSON.stringify(request.query.at)} ${JSON.stringify(context)}</p>
<ul id="log"></ul></main><script src="/page.js"></script></body></html>`);
});

app.get('/page.js', (_request, respond) => respond.sendFile(path.join(__dirname, 'page.js')));

// Calls for which the page of a tenant is asked: its token proves the tenant, and who looks.
app.post('/call', addon.checkValidToken(), (request, respond) => {
  const { method, user, ...call } = request.body;
  const { clientKey } = request.context;
  addon.httpClient({ clientKey, userAccountId: user })[method]({ json: true, ...call }, answered(respond));
});

app.get('/for-jira-admins', addon.authenticate(), addon.authorizeJira({ global: ['ADMINISTER'] }), (_, respond) => {
  respond.send('administers');
});

app.get('/for-issue-editors', addon.authenticate(), addon.authorizeJira({ project: ['EDIT_ISSUES'] }), (_, respond) => {
  respond.send('edits');
});

app.get('/for-editors', addon.authenticate(), addon.authorizeConfluence({ content: 'update' }), (_, respond) => {
  respond.send('edits');
});

app.get('/for-site-admins', addon.authenticate(), addon.authorizeConfluence({ application: ['administer'] }),
  (_, respond) => {
    respond.send('administers');
  });

app.get('/heard', (_request, respond) => respond.json(heard));

function note(event, body, request) {
  const identifier = request.get('x-atlassian-webhook-identifier') || null;
  heard.push({ event, client: request.context.clientKey, identifier, asked: request.query, body });
}

addon.on('page_updated', note);
addon.on('jira:issue_updated', (event, body, request) => {
  note(event, body, request);
  greet(request, body);
});

// The framework has no route for an address with a query.
app.post('/commented', addon.authenticate(), (request, respond) => {
  note('comment_created', request.body, request);
  respond.status(204).end();
});

function greet(request, body) {
  const text = `Changed: ${body.changelog.items.map((item) => item.field).join(', ')}`;
  const content = [{ type: 'paragraph', content: [{ type: 'text', text }] }];
  addon.httpClient(request).post(
    { url: `/rest/api/3/issue/${body.issue.key}/comment`, json: { body: { type: 'doc', version: 1, content } } },
    (error, response) => heard.push({ event: 'answered', status: error ? String(error) : response.statusCode }),
  );
}

app.listen(port, '127.0.0.1');
