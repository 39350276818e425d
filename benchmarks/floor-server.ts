import { createHash, timingSafeEqual } from 'node:crypto';
import { Agent, createServer, request as send } from 'node:http';

/** The floor: the least that a proxy in Node can do and still authenticate, route and know what was used. */

const upstreams = new Map([['bench', process.env['BENCH_UPSTREAM_URL'] ?? '']]);
const expected = createHash('sha256').update(`Bearer ${process.env['BENCH_API_KEY']}`).digest();
const agent = new Agent({ keepAlive: true });
const totals = { tokens: 0 };

createServer((incoming, outgoing) => {
  const presented = createHash('sha256')
    .update(incoming.headers.authorization ?? '')
    .digest();
  if (!timingSafeEqual(presented, expected)) return void outgoing.writeHead(401).end();
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  incoming.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString()) as { model: string };
    const [provider = '', model] = body.model.split('/');
    const bytes = Buffer.from(JSON.stringify({ ...body, model }));
    const headers = {
      'content-type': 'application/json',
      'content-length': bytes.length,
      authorization: 'Bearer sk-0',
    };
    const url = `${upstreams.get(provider)}/v1/chat/completions`;
    const request = send(url, { method: 'POST', agent, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, { 'content-type': response.headers['content-type'] });
      let rest = '';
      response.on('data', (chunk: Buffer) => {
        if (!outgoing.write(chunk)) response.pause();
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.includes('"usage":{')) count(line.slice(6));
      });
      outgoing.on('drain', () => response.resume());
      response.on('end', () => outgoing.end(() => rest !== '' && count(rest)));
    });
    request.on('error', () => outgoing.destroy());
    request.end(bytes);
  });
}).listen();

function count(json: string): void {
  totals.tokens += (JSON.parse(json) as { usage: { total_tokens: number } }).usage.total_tokens;
}
