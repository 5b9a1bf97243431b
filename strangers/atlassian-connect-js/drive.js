// Drives Chromium through pages with Atlassian's scripts: one line of JSON in and one out for each act.
'use strict';

const { readFileSync } = require('fs');
const path = require('path');
const readline = require('readline');
const { chromium } = require('playwright-core');

const PATIENCE = 15000; // milliseconds
// A page that is served by this driver has no address on this machine, and may then show none that has.
const OPEN = '--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessForNavigations';
const FLAGS = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', OPEN];
const FILES = {
  'all.js': require.resolve('atlassian-connect-js/dist/iframe.js'),
  'connect-host.js': require.resolve('atlassian-connect-js/dist/connect-host.js'),
  'theme.css': require.resolve('atlassian-connect-js/dist/themes/atlaskit-tokens_light.css'),
  'surfaces.css': require.resolve('atlassian-connect-js/dist/surfaces.css'),
  'jquery.js': require.resolve('jquery/dist/jquery.js'),
  'host.html': path.join(__dirname, 'host.html'),
};
const TYPES = { '.css': 'text/css', '.js': 'text/javascript', '.html': 'text/html' };

let browser = null;
let page = null;
let complaints = [];

// The window that is named: the page itself, or a frame in it.
const within = (frame) => (frame ? page.frameLocator(frame) : page);

const acts = {
  // Opens a page. `served` names files of ours by the addresses at which the browser finds them.
  async open({ executable, url, served }) {
    const root = process.getuid && process.getuid() === 0;
    browser ??= await chromium.launch({ executablePath: executable, args: root ? [...FLAGS, '--no-sandbox'] : FLAGS });
    await page?.context().close();
    page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage();
    page.setDefaultTimeout(PATIENCE);
    complaints = [];
    page.on('console', (said) => ['error', 'warning'].includes(said.type()) && complaints.push(said.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    for (const [address, name] of Object.entries(served)) {
      const body = readFileSync(FILES[name]);
      const contentType = TYPES[path.extname(name)];
      await page.route(address, (route) => route.fulfill({ body, contentType }));
    }
    await page.goto(url);
  },

  // Waits until an element shows a text, and returns all that it shows.
  async see({ frame, selector, text }) {
    const found = within(frame).locator(selector).filter({ hasText: text }).first();
    await found.waitFor();
    return found.innerText();
  },

  async click({ frame, name }) {
    await within(frame).getByRole('button', { name, exact: true }).click();
  },

  async press({ frame, key }) {
    await within(frame).locator('body').press(key);
  },

  async gone({ selector }) {
    await page.locator(selector).first().waitFor({ state: 'detached' });
  },

  async run({ frame, script, argument }) {
    const target = frame ? await (await page.locator(frame).elementHandle()).contentFrame() : page;
    return target.evaluate(([body, given]) => new Function('given', `return (async () => (${body}))()`)(given), [script, argument]);
  },

  async wait({ frame, script }) {
    const target = frame ? await (await page.locator(frame).elementHandle()).contentFrame() : page;
    // Not `waitForFunction`: what it asks again is a text that the page's own policy lets nobody evaluate.
    for (const end = Date.now() + PATIENCE; !(await target.evaluate(script)); ) {
      if (Date.now() > end) {
        throw new Error(`never true: ${script}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },

  async heard() {
    return complaints;
  },
};

function tooLong(act) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${act} took over ${2 * PATIENCE} ms`)), 2 * PATIENCE).unref();
  });
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { act, ...options } = JSON.parse(line);
    let answer;
    try {
      answer = await Promise.race([acts[act](options), tooLong(act)]);
    } catch (error) {
      answer = { error: error.message, heard: complaints };
    }
    process.stdout.write(`${JSON.stringify(answer === undefined ? null : answer)}\n`);
  }
  await browser?.close();
}

main();
