// Judges Connect descriptors by the definitions in @forge/manifest, with the validator that it brings along.
'use strict';

const Ajv = require('ajv');
const schema = require('@forge/manifest/schema.json');
const runAct = require('../acts.js');

const modules = schema.definitions.ModuleSchema.properties;
// It was cut out of a schema in which "#" was the condition itself.
schema.definitions.compositeCondition.properties.conditions.items.anyOf[0].$ref = '#/definitions/compositeCondition';
const prefix = 'connect-';
// In a manifest these are modules with a key; in a descriptor they stand beside the modules, or have none.
const withoutKey = ['webhooks', 'lifecycle', 'translations', 'cloudAppMigration'];

function nameOf(product, type) {
  return `${prefix}${product}:${type}`;
}

// The values that a field may have, in the form that both cases share.
function choices(field) {
  return field && field.enum ? [...new Set(field.enum.map((value) => value.toLowerCase()))].sort() : null;
}

runAct({
  definitions() {
    return Object.fromEntries(
      Object.entries(modules)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, { items }]) => [
          name.slice(prefix.length),
          {
            required: items.required.filter((field) => field !== 'key').sort(),
            choices: Object.fromEntries(
              Object.entries(items.properties)
                .map(([field, value]) => [field, choices(value)])
                .filter(([, values]) => values)
            ),
          },
        ])
    );
  },

  // For each descriptor, one line for each thing that the definitions of its product do not allow.
  validateAll({ descriptors }) {
    const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
    ajv.addSchema(schema, 'manifest');
    return Object.fromEntries(
      Object.entries(descriptors).map(([name, { product, descriptor }]) => [name, judge(ajv, product, descriptor)])
    );
  },
});

function judge(ajv, product, { modules: shown, lifecycle, translations }) {
  const whole = { ...shown, lifecycle, ...(translations ? { translations } : {}) };
  return Object.entries(whole).flatMap(([type, value]) => {
    const name = nameOf(product, type);
    if (!modules[name]) return [`${type}: no definition`];
    const list = (Array.isArray(value) ? value : [value]).map((one) =>
      withoutKey.includes(type) ? { key: type, ...one } : one
    );
    const check = ajv.compile({ $ref: `manifest#/definitions/ModuleSchema/properties/${name}` });
    return check(list) ? [] : check.errors.map((error) => `${type}${error.instancePath}: ${error.message}`);
  });
}
