// Runs one act of a client program: {"act": ..., ...} on standard input, its JSON answer on standard output.
'use strict';

const { readFileSync } = require('fs');

// What an act throws is its answer too: {"error": message}.
module.exports = async function runAct(acts) {
  const { act, ...options } = JSON.parse(readFileSync(0, 'utf8'));
  let answer;
  try {
    answer = await acts[act](options);
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer === undefined ? null : answer));
};
