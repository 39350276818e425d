'use strict';

// Preloaded (`node --require`) into the runtime's process. What leaves the runtime client in one write cannot be told from outside:
// a busy reader finds several writes in one read. So each write is noted here, where it is handed to the operating system, and
// before it is, so that whoever has read the bytes finds the note. Only answers to invocations are noted; the line that asks for
// one shows which it is.
const { subscribe } = require('node:diagnostics_channel');
const { writeSync } = require('node:fs');

/** Opened by the host, see runtime-process.ts: no variable, since the function would see that. */
const notes = 3;
const requestLine = /^POST \/2018-06-01\/runtime\/invocation\/([^/]+)\/response HTTP/;

subscribe('net.client.socket', ({ socket }) => {
  const { _write: write, _writev: writeMany } = socket;
  let requestId;

  function note(bytes) {
    requestId = requestLine.exec(bytes.toString('latin1', 0, 200))?.[1] ?? requestId;
    if (requestId === undefined) return;
    const at = performance.timeOrigin + performance.now();
    writeSync(notes, `${JSON.stringify({ requestId, at, bytes: bytes.toString('base64') })}\n`);
  }

  // The two methods by which a stream hands on what was written to it, one call a write of the socket's.
  socket._write = (chunk, encoding, callback) => {
    note(Buffer.from(chunk, encoding));
    write.call(socket, chunk, encoding, callback);
  };
  socket._writev = (chunks, callback) => {
    note(Buffer.concat(chunks.map(({ chunk, encoding }) => Buffer.from(chunk, encoding))));
    writeMany.call(socket, chunks, callback);
  };
});
