// What the add-on shows in each product.
'use strict';

const named = (value) => ({ value });
const MODULES = {
  jira: {
    webPanels: [
      { key: 'panel', name: named('Panel'), location: 'atl.jira.view.issue.right.context', url: '/panel?at={issue.key}' },
      { key: 'editing', name: named('For editors'), location: 'x', url: '/for-issue-editors' },
    ],
    generalPages: [
      { key: 'administration', name: named('For administrators'), url: '/for-jira-admins' },
      { key: 'odd', name: named('Odd'), url: "/panel?at=a+b%20c&k=b&k=a&k=&s=*~()!'&e=%E2%82%AC&flag" },
    ],
    dialogs: [{ key: 'ask', url: '/panel?at={ac.build}', options: { size: 'small' } }],
    webhooks: [
      { event: 'jira:issue_updated', url: '/issue-changed', filter: 'project = TP' },
      { event: 'comment_created', url: '/commented?on=${issue.key}&comment=${comment.id}' },
    ],
  },
  confluence: {
    webPanels: [{ key: 'panel', name: named('Panel'), location: 'atl.footer', url: '/panel?at={content.id}' }],
    dynamicContentMacros: [{ key: 'chart', name: named('Chart'), url: '/panel?at={space.key}' }],
    contentBylineItems: [{ key: 'editing', name: named('For editors'), url: '/for-editors' }],
    generalPages: [{ key: 'administration', name: named('For administrators'), url: '/for-site-admins' }],
    webhooks: [{ event: 'page_updated', url: '/page-changed' }],
  },
};

module.exports = function descriptor(product, baseUrl) {
  return {
    key: `com.example.by-ace-${product}`,
    name: `By ACE for ${product}`,
    baseUrl,
    authentication: { type: 'jwt' },
    apiMigrations: { 'signed-install': true, gdpr: true, 'context-qsh': true },
    scopes: ['READ', 'WRITE', 'ACT_AS_USER'],
    lifecycle: { installed: '/installed', uninstalled: '/uninstalled', enabled: '/enabled', disabled: '/disabled' },
    modules: MODULES[product],
  };
};
