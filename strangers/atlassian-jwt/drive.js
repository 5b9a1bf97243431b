// Signs and verifies requests with @atlassian/atlassian-jwt, as a site or an add-on does.
'use strict';

const { generateKeyPairSync } = require('crypto');
const jwt = require('@atlassian/atlassian-jwt');
const runAct = require('../acts.js');

function hash({ method, url, baseUrl }) {
  return jwt.createQueryStringHash(jwt.fromMethodAndUrl(method, url), false, baseUrl || '');
}

runAct({
  keys() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return {
      public: publicKey.export({ type: 'spki', format: 'pem' }),
      private: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
  },

  sign({ request, claims, secret }) {
    return jwt.encodeSymmetric({ qsh: hash(request), ...claims }, secret, 'HS256');
  },

  signInstall({ request, claims, key, keyId }) {
    return jwt.encodeAsymmetric({ qsh: hash(request), ...claims }, key, 'RS256', { kid: keyId });
  },

  verify({ request, token, secret }) {
    const claims = jwt.decodeSymmetric(token, secret, 'HS256');
    if (claims.qsh !== hash(request)) {
      throw new Error('qsh does not match');
    }
    return claims;
  },

  canonical({ requests }) {
    return requests.map(({ method, url, baseUrl }) =>
      jwt.createCanonicalRequest(jwt.fromMethodAndUrl(method, url), false, baseUrl || ''),
    );
  },
});
