// The panel's script: it uses what the host's script offers, and lists what came of it.
'use strict';

const log = document.getElementById('log');

function note(name, value) {
  const line = document.createElement('li');
  line.textContent = `${name} ${JSON.stringify(value === undefined ? null : value)}`;
  log.append(line);
}

function whenever(name, act) {
  const button = document.createElement('button');
  button.textContent = name;
  button.addEventListener('click', act);
  log.before(button);
}

const claims = (token) => JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));

AP.context.getToken((token) => note('called back', claims(token).qsh));
AP.context.getToken().then((token) => note('promised', claims(token).qsh));
AP.context.getContext((context) => note('context', context));
AP.user.getCurrentUser((user) => note('user', user.atlassianAccountId));
AP.user.getLocale((locale) => note('locale', locale));
AP.getLocation((location) => note('location', new URL(location).pathname));
AP.dialog.getCustomData((data) => note('data', data));
AP.events.on('dialog.close', (data) => note('closed', data));
AP.events.on('told', (...values) => note('told', values));
AP.events.once('told', () => note('once', true));
AP.events.onPublic('shouted', (value) => note('shouted', value));

whenever('dialog', () => AP.dialog.create({ key: 'ask', header: 'By a script', customData: { build: 7 } }));
whenever('close', () => AP.dialog.close({ answer: 'yes' }));
whenever('tell', () => AP.events.emit('told', 'all', 2));
whenever('shout', () => AP.events.emitPublic('shouted', 'everybody'));
whenever('flag', () => AP.flag.create({ title: 'Done', body: 'The build passed' }));
whenever('ask', () => AP.request('/rest/api/3/myself').then(({ body }) => note('me', JSON.parse(body).displayName)));
whenever('write', () => {
  const data = JSON.stringify({ state: 'by a page' });
  AP.request({ url: '/rest/api/3/issue/TP-1/properties/page', type: 'PUT', data, contentType: 'application/json' })
    .then(({ xhr }) => note('written', xhr.status));
});
whenever('refused', () => AP.request('/rest/api/3/issue/TP-99').catch(({ xhr }) => note('refused', xhr.status)));
whenever('call', () => AP.context.getToken().then(async (token) => {
  const headers = { Authorization: `JWT ${token}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ method: 'get', url: '/rest/api/3/myself' });
  const answer = await fetch('/call', { method: 'POST', headers, body });
  note('addon', (await answer.json()).body.accountType);
}));
whenever('grow', () => {
  log.style.paddingBottom = '700px';
});
whenever('go', () => AP.navigator.go('issue', { issueKey: 'TP-2' }));
