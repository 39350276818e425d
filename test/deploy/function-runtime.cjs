'use strict';

/**
 * Preloaded into the processes in which the emulator runs functions, for two things of Lambda's that it lacks: a bundle named
 * `index.cjs` is found by `index.handler`, and there is a global `awslambda`. The emulator cannot stream, so an answer is collected
 * and returned whole, as API Gateway would hand it on; `streaming.test.ts` has the real runtime client.
 */
const Module = require('node:module');
const { Writable } = require('node:stream');

Module._extensions['.cjs'] ??= Module._extensions['.js'];

function collectingStream() {
  const pieces = [];
  const stream = new Writable({
    write(piece, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  return Object.assign(stream, { body: () => Buffer.concat(pieces), prelude: { statusCode: 200, headers: {} } });
}

globalThis.awslambda = {
  HttpResponseStream: { from: (stream, prelude) => Object.assign(stream, { prelude }) },
  streamifyResponse: (handler) => async (event, context) => {
    const stream = collectingStream();
    await handler(event, stream, context);
    return { ...stream.prelude, body: stream.body().toString(), isBase64Encoded: false };
  },
};
