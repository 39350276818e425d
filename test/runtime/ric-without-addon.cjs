'use strict';

// Preloaded (`node --require`) into aws-lambda-ric where its native addon is not built, which is the case after a plain
// `npm ci`: the build takes a C++ tool chain and minutes. The addon only fetches invocations and posts buffered answers;
// streaming is the client's own JavaScript, so nothing these tests are about is replaced.
const http = require('node:http');
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const invocations = '/2018-06-01/runtime/invocation';

// The addon posts synchronously, so the runtime never asks for work before its last answer has arrived. A promise chain
// keeps that order here.
let posted = Promise.resolve();

function call(method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host, port, method, path: `${invocations}/${path}`, headers, agent: false },
      (response) => {
        let bodyJson = '';
        response.setEncoding('utf8');
        response.on('data', (text) => (bodyJson += text));
        response.on('end', () => resolve({ bodyJson, headers: response.headers }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function post(path, body, headers = {}) {
  const length = Buffer.byteLength(body);
  const send = () =>
    call('POST', path, { 'content-type': 'application/json', 'content-length': length, ...headers }, body);
  posted = posted.then(send);
}

module.exports = {
  next: () => posted.then(() => call('GET', 'next', {})),
  done: (requestId, body) => post(`${requestId}/response`, body),
  error: (requestId, body) =>
    post(`${requestId}/error`, body, {
      'lambda-runtime-function-error-type': JSON.parse(body).errorType ?? 'Unhandled',
    }),
};

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    if (!specifier.endsWith('/rapid-client.node')) return nextResolve(specifier, context);
    hooks.deregister();
    return { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true };
  },
});
