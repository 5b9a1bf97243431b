// Drives Chromium at an issue with the panel of an app of Forge: one line of JSON in and one out for each act.
'use strict';

const { readFileSync } = require('fs');
const readline = require('readline');
const { chromium } = require('playwright-core');

const PATIENCE = 20000; // milliseconds
const FLAGS = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const FRAME = 'iframe[data-module="issue-builds"]';

let browser = null;
let page = null;
let complaints = [];
let opened = [];
let held = [];

const panel = () => page.frameLocator(FRAME);
const inside = async () => (await page.locator(FRAME).elementHandle()).contentFrame();

const acts = {
  // Opens an issue at a size and in a scheme; `holds`: what the panel asks its remote for waits until `release`.
  async open({ executable, url, width, height, scheme, holds }) {
    const root = process.getuid && process.getuid() === 0;
    browser ??= await chromium.launch({ executablePath: executable, args: root ? [...FLAGS, '--no-sandbox'] : FLAGS });
    await page?.context().close();
    const options = { viewport: { width, height }, colorScheme: scheme, locale: 'en-GB', timezoneId: 'UTC' };
    const context = await browser.newContext(options);
    page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    [complaints, opened, held] = [[], [], []];
    page.on('console', (said) => ['error', 'warning'].includes(said.type()) && complaints.push(said.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    // What a page opens is remembered, and asked of nobody.
    await context.route('https://**', (route) => route.abort());
    context.on('request', (request) => request.url().startsWith('https://') && opened.push(request.url()));
    await page.route('**/page/forge/bridge', async (route) => {
      if (holds && route.request().postDataJSON().command === 'invoke') {
        await new Promise((resolve) => held.push(resolve));
      }
      await route.continue();
    });
    await page.goto(url);
  },

  async release() {
    held.forEach((resolve) => resolve());
  },

  // Waits until an element of the panel shows a text, and returns all that the panel shows.
  async see({ selector, text }) {
    await panel().locator(selector).filter({ hasText: text }).first().waitFor();
    return panel().locator('main').innerText();
  },

  async click({ role, name }) {
    await panel().getByRole(role, { name, exact: true }).click();
  },

  // Presses keys one after the other, and says what has the focus then.
  async press({ keys }) {
    for (const key of keys) {
      await page.keyboard.press(key);
    }
    const frame = await inside();
    return frame.evaluate('document.activeElement.id || document.activeElement.textContent');
  },

  async focus() {
    await panel().locator('#heading').focus();
  },

  // Returns what an expression is in the panel.
  async ask({ script }) {
    return (await inside()).evaluate(script);
  },

  async violations() {
    const frame = await inside();
    await frame.evaluate(AXE);
    const found = await frame.evaluate('axe.run(document, {iframes: false}).then((result) => result.violations)');
    return found.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html} ${node.failureSummary}`));
  },

  async waitForOpened() {
    while (opened.length === 0) {
      await page.waitForTimeout(50);
    }
    return opened;
  },

  async shot({ path }) {
    await page.locator(FRAME).screenshot({ path });
  },

  // Waits until no part of the panel is hidden below the end of its frame.
  async whole() {
    // A frame that nobody sees does not draw, and so says no height.
    await page.locator(FRAME).scrollIntoViewIfNeeded();
    const frame = await inside();
    while ((await frame.evaluate('document.documentElement.scrollHeight - innerHeight')) > 0) {
      await page.waitForTimeout(50);
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
