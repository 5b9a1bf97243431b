// A store for atlassian-connect-express, which lets add-ons bring one: its own need a database or a compiled driver.
'use strict';

module.exports = function memory() {
  const kept = new Map();
  const name = (key, client) => `${client} ${key}`;
  const copy = (value) => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
  return {
    async get(key, client) {
      return copy(kept.get(name(key, client)));
    },
    async set(key, value, client) {
      kept.set(name(key, client), copy(value));
      return copy(value);
    },
    async saveInstallation(value, client) {
      return this.set('clientInfo', value, client);
    },
    async del(key, client) {
      kept.delete(name(key, client));
    },
    async getAllClientInfos() {
      return [...kept.entries()].filter(([each]) => each.endsWith(' clientInfo')).map(([, value]) => copy(value));
    },
    isMemoryStore() {
      return true;
    },
  };
};
