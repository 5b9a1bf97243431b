// Does one act with @forge/kvs or @forge/bridge. The devhost's address is in DEVHOST_URL, a system token in TOKEN.
'use strict';

const runAct = require('../acts.js');

const host = process.env.DEVHOST_URL;

// What the platform's runtime puts between the client and the storage.
global.__forge_fetch__ = (_target, path, init) =>
  fetch(`${host}/forge/storage/kvs${path.replace(/^\/api/, '')}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${process.env.TOKEN}` },
  });
// What the product's page puts around a frontend: here the devhost's page, without the page.
globalThis.__bridge = {
  async callBridge(command, data) {
    const body = { ...JSON.parse(process.env.FRAME || '{}'), command, data };
    const answer = await fetch(`${host}/page/forge/bridge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) {
      throw new Error(told.error.message);
    }
    return told.value;
  },
};

const { kvs, WhereConditions, FilterConditions, Filter, Sort } = require('@forge/kvs');

async function refused(act) {
  try {
    await act();
  } catch (error) {
    return [error.responseDetails?.status, error.code];
  }
  return 'it was taken';
}

runAct({
  async values() {
    await kvs.set('a', { b: [1, 2] });
    await kvs.setSecret('s', 'hidden');
    const found = [await kvs.get('a'), await kvs.getSecret('s'), (await kvs.get('none')) ?? null];
    await kvs.delete('a');
    await kvs.delete('a');
    return [...found, (await kvs.get('a')) ?? null];
  },

  async options() {
    await kvs.set('o', 1, { keyPolicy: 'FAIL_IF_EXISTS' });
    const twice = await refused(() => kvs.set('o', 2, { keyPolicy: 'FAIL_IF_EXISTS' }));
    const before = await kvs.set('o', 3, { keyPolicy: 'OVERRIDE', returnValue: 'PREVIOUS' });
    await kvs.set('t', 1, { ttl: { value: 1, unit: 'HOURS' } });
    const times = await kvs.get('t', { metadataFields: ['CREATED_AT', 'EXPIRE_TIME'] });
    return { twice, before: before.value, lives: times.expireTime - times.createdAt };
  },

  async limits() {
    let deep = 1;
    for (let level = 0; level < 32; level += 1) {
      deep = [deep];
    }
    return Promise.all([
      refused(() => kvs.set('a/b', 1)),
      refused(() => kvs.set('k'.repeat(501), 1)),
      refused(() => kvs.set('large', 'x'.repeat(250 * 1024))),
      refused(() => kvs.set('deep', deep)),
      refused(() => kvs.batchSet(Array.from({ length: 26 }, (_, number) => ({ key: `k${number}`, value: 1 })))),
    ]);
  },

  async pages() {
    for (let number = 0; number < 5; number += 1) {
      await kvs.set(`page:${number}`, number);
    }
    const query = () => kvs.query().where('key', WhereConditions.beginsWith('page:')).limit(3);
    const first = await query().getMany();
    const second = await query().cursor(first.nextCursor).getMany();
    return [...first.results, ...second.results].map((one) => one.value);
  },

  async batch() {
    const made = await kvs.batchSet([{ key: 'x1', value: 1 }, { key: 'x/2', value: 2 }]);
    const read = await kvs.batchGet([{ key: 'x1' }, { key: 'x3' }]);
    return {
      made: made.successfulKeys.map((one) => one.key),
      failed: made.failedKeys.map((one) => [one.key, one.error.code]),
      read: read.successfulKeys.map((one) => one.value),
      missing: read.failedKeys.map((one) => one.error.code),
    };
  },

  async entities() {
    const build = kvs.entity('build');
    for (const [key, number, branch] of [['1', 3, 'main'], ['2', 1, 'main'], ['3', 2, 'other']]) {
      await build.set(key, { number, branch });
    }
    const main = await build.query().index('by-branch', { partition: ['main'] }).getMany();
    const newest = await build
      .query()
      .index('by-branch', { partition: ['main'] })
      .where(WhereConditions.greaterThan(1))
      .sort(Sort.DESC)
      .getOne();
    const other = await build
      .query()
      .index('number')
      .filters(new Filter().and('branch', FilterConditions.contains('the')))
      .getMany();
    return { main: main.results.map((one) => one.key), newest: newest.key, other: other.results.map((one) => one.key) };
  },

  async transaction() {
    await kvs.set('gone', 1);
    await kvs.transact().set('new', 2).delete('gone').execute();
    const broken = await refused(() => kvs.transact().set('half', 1).set('x/2', 2).execute());
    return { found: [await kvs.get('new'), (await kvs.get('gone')) ?? null, (await kvs.get('half')) ?? null], broken };
  },

  async frontend({ path, body }) {
    const { invokeRemote, view } = require('@forge/bridge');
    const context = await view.getContext();
    const answer = await invokeRemote({ path, method: 'POST', headers: { 'x-mine': 'yes' }, body });
    return { issue: context.extension.issue.key, answer };
  },
});
