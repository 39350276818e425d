import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminApi, startAdminApi } from '../../../fixtures/admin-api.ts';

let api: AdminApi;

beforeAll(async () => {
  api = await startAdminApi();
});

afterAll(() => api.close());

const tooLong = `{"name":"${'x'.repeat(300 * 1024)}"}`;

/** Sends pieces one by one, so without a length. */
function sendPieces(method: string, pieces: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${api.operatorToken}`, 'transfer-encoding': 'chunked' };
    const call = request(`${api.url}/admin/v1/organizations`, { method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    call.on('error', reject);
    for (const piece of pieces) call.write(piece);
    call.end();
  });
}

describe('readText', () => {
  it('puts a body together that comes in pieces', async () => {
    expect(await sendPieces('POST', ['{"name":', '"in pieces"}'])).toBe(201);
  });

  it('takes a DELETE without a body', async () => {
    const { body } = await api.call('POST', '/organizations', { body: { name: 'short-lived' } });

    expect((await api.call('DELETE', `/organizations/${body.id}`)).status).toBe(204);
  });

  it('refuses a body by its announced length', async () => {
    const { status, body } = await api.call('POST', '/organizations', { text: tooLong });

    expect([status, body.code]).toEqual([413, 'request_too_large']);
  });

  it('refuses a body that grows too large without having announced it', async () => {
    expect(await sendPieces('POST', [tooLong])).toBe(413);
  });
});
