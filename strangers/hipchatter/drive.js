// Does one act with hipchatter. The devhost's address and the token are in DEVHOST_URL and TOKEN.
'use strict';

const Hipchatter = require('hipchatter');
const runAct = require('../acts.js');

const client = new Hipchatter(process.env.TOKEN, `${process.env.DEVHOST_URL}/v2/`);

function call(method, ...parameters) {
  return new Promise((resolve, reject) => {
    client[method](...parameters, (error, body) => (error ? reject(error) : resolve(body)));
  });
}

runAct({
  async capabilities() {
    return (await call('capabilities')).key;
  },

  async listRooms() {
    return (await call('rooms')).map((room) => room.name);
  },

  async roomsThatExist({ names }) {
    return Promise.all(names.map((name) => call('room_exists', name)));
  },

  async lifeOfARoom() {
    const made = await call('create_room', { name: 'hipchatter', privacy: 'private', owner_user_id: 1 });
    await call('add_member', { room_name: 'hipchatter', user_email: 'developer@devhost.example' });
    await call('invite_member', { room_name: 'hipchatter', user_email: 'guest@devhost.example' }, { reason: 'Look' });
    await call('delete_member', { room_name: 'hipchatter', user_email: 'developer@devhost.example' });
    await call('set_topic', 'hipchatter', 'Set by hipchatter');
    const room = await call('get_room', made.id);
    await call('update_room', {
      name: 'hipchatter',
      privacy: 'public',
      is_archived: false,
      is_guest_accessible: false,
      topic: room.topic,
      owner: { id: room.owner.id },
    });
    const changed = await call('get_room', made.id);
    await call('delete_room', 'hipchatter');
    return { topic: room.topic, privacy: changed.privacy, left: (await call('rooms')).length };
  },

  async notify(options) {
    await call('notify', 'Lobby', options);
  },

  async talk({ message }) {
    const sent = await call('send_room_message', 'Lobby', message);
    const { items } = await call('history', 'Lobby');
    return { isLast: items[items.length - 1].id === sent.id, message: items[items.length - 1].message };
  },

  async writePrivately({ message }) {
    await call('send_private_message', '@Developer', { message });
  },

  async users() {
    const made = await call('create_user', { name: 'Made By Hipchatter', email: 'made@example.com' });
    const profile = { name: 'Made Again', email: 'made@example.com', mention_name: 'again' };
    await call('update_user', profile);
    const changed = await call('view_user', '@again');
    await call('delete_user', 'made@example.com');
    const left = await call('users', { 'include-guests': true });
    return { same: changed.id === made.id, name: changed.name, left: left.map((person) => person.name) };
  },

  async emoticons() {
    const all = await call('emoticons');
    const one = await call('emoticons', all[0].shortcut);
    return { types: [...new Set(all.map((emoticon) => emoticon.type))], same: one.id === all[0].id };
  },

  async webhooks() {
    const hook = { url: 'http://127.0.0.1:1/hook', event: 'room_message', pattern: '^/hook', name: 'by hipchatter' };
    const made = await call('create_webhook', 'Lobby', hook);
    await call('create_webhook', 'Lobby', { url: 'http://127.0.0.1:1/enter', event: 'room_enter' });
    const one = await call('get_webhook', 'Lobby', made.id);
    const before = (await call('webhooks', 'Lobby')).items.length;
    await call('delete_all_webhooks', 'Lobby');
    return { pattern: one.pattern, before, after: (await call('webhooks', 'Lobby')).items.length };
  },
});
