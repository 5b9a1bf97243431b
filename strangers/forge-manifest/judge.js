// Judges manifests as the Forge command line does before it deploys one, with the validators of @forge/manifest.
'use strict';

const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('fs');
const { tmpdir } = require('os');
const { dirname, join } = require('path');

// It stays open for crash reports unless it is told that there is nobody to send them to.
process.env.SENTRY_DSN = '';
const { ProcessorBuilder } = require('@forge/manifest');
const schema = require('@forge/manifest/schema.json');
const runAct = require('../acts.js');

// Its `exports` name the schema alone; the lists lie beside it.
const out = dirname(dirname(require.resolve('@forge/manifest/schema.json')));
const eventScopes = require(join(out, 'mapping', 'product-event-to-scope-mapping.json'));
const scopes = require(join(out, 'scopes', 'shipyard-scopes.json'));
const TYPES = ['full', 'product-trigger', 'forge-remote-compute'];

runAct({
  // For each manifest what each kind of validation has against it; `files` are those that it names, with their content.
  async judgeAll({ manifests, variables }) {
    Object.assign(process.env, variables);
    const said = {};
    for (const [name, { text, files }] of Object.entries(manifests)) said[name] = await judge(text, files);
    return said;
  },

  // What is published: the events with their scopes, the scopes, and what each type of native module requires.
  published() {
    const modules = schema.definitions.ModuleSchema.properties;
    return {
      scopes: [...scopes].sort(),
      events: Object.fromEntries(
        eventScopes.mapping.map(({ productEvent, oAuthScopes: { current = [], beta = [] } }) => [
          productEvent,
          { scopes: [...current].sort(), granular: [...beta].sort() },
        ])
      ),
      modules: Object.fromEntries(
        Object.entries(modules)
          .filter(([name]) => !name.startsWith('connect-'))
          .map(([name, { items }]) => [name, { endpoints: [...endpoints(items)].sort(), required: required(items) }])
      ),
    };
  },
});

async function judge(text, files) {
  const folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  const before = process.cwd();
  try {
    writeFileSync(join(folder, 'manifest.yml'), text);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    process.chdir(folder);
    const said = {};
    for (const type of TYPES) {
      const { errors } = await ProcessorBuilder.instance().withValidation(type).build().process('./manifest.yml');
      said[type] = (errors || []).map(({ level, message }) => `${level}: ${message}`);
    }
    return said;
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
}

function resolve(node) {
  if (!node || !node.$ref) return node;
  return resolve(node.$ref.slice(2).split('/').reduce((inner, name) => inner[name], schema));
}

// The paths at which a module names an endpoint.
function* endpoints(given, path = [], depth = 0) {
  const node = resolve(given);
  if (!node || depth > 8) return;
  for (const variant of [...(node.oneOf || []), ...(node.anyOf || []), ...(node.allOf || [])]) {
    yield* endpoints(variant, path, depth + 1);
  }
  for (const [name, inner] of Object.entries(node.properties || {})) {
    if (name === 'endpoint' && resolve(inner).type !== 'object') yield [...path, name].join('.');
    else yield* endpoints(inner, [...path, name], depth + 1);
  }
}

function required({ oneOf, anyOf, required: all }) {
  const variants = oneOf || anyOf;
  const lists = variants ? variants.map((one) => [...(one.required || []), ...(all || [])]) : [all || []];
  return lists.map((list) => [...new Set(list)].sort().join(',')).sort();
}
