// Sends one notification with hipchat-room-notification-api, to DEVHOST_URL with TOKEN.
'use strict';

const HipChatRoomNotification = require('hipchat-room-notification-api');
const runAct = require('../acts.js');

function notification(room) {
  return new HipChatRoomNotification(process.env.DEVHOST_URL, room, process.env.TOKEN);
}

function addressOf(picture) {
  return `https://example.com/${picture}.png`;
}

const CARDS = {
  application(card) {
    card.addCardDescription('<b>12</b> tests', 'html');
    card.addCardUrl('https://example.com/builds/7');
    card.addCardIconDetails(addressOf('icon'), addressOf('icon-2x'));
    card.addActivityWithIconDetails('Build <b>7</b> passed', addressOf('icon'), addressOf('icon-2x'));
    card.addCardAttribute('State', 'passed', 'lozenge-success');
    card.addCardAttributeWithUrl('Branch', 'main', 'lozenge', 'https://example.com/branches/main');
    card.addCardAttributeWithIcon('By', 'Developer', 'lozenge-current', addressOf('icon'));
    card.addCardAttributeWithIconAndUrl('In', 'Releases', 'lozenge-moved', addressOf('icon'), addressOf('icon'));
    card.setCardToMediumFormat();
  },
  file(card) {
    card.addCardUrl('https://example.com/report.pdf');
  },
  image(card) {
    card.addCardUrl(addressOf('picture'));
    card.addCardThumbnail(addressOf('small'));
  },
  link(card) {
    card.addCardUrl('https://example.com/');
    card.addCardDescription('A page', 'text');
    card.addActivity('<i>read</i>');
    card.setCardToCompactFormat();
  },
  media(card) {
    card.addCardUrl('https://example.com/film.mp4');
    card.addCardThumbnailDetails(addressOf('small'), addressOf('large'), 640, 360);
  },
};

runAct({
  async notify({ room = 1, message, color, from }) {
    const sent = notification(room);
    sent.setMessage(message);
    sent.setColor(color);
    sent.setFrom(from);
    sent.setTextMessageFormat();
    sent.shouldNotify();
    return sent.send();
  },

  async card({ style }) {
    const sent = notification(1);
    sent.setMessage(`A card of the style ${style}`);
    sent.addCard(`card-${style}`, style, `The title of ${style}`);
    CARDS[style](sent);
    return sent.send();
  },
});
