import { prompts } from '../../test/lib/edge/prompts.ts';
import { callProxy, chat, errorCode, tooLargePrompt } from './call-proxy.ts';
import type { Check, Deployment, Finding } from './check.ts';
import { findResource, requireFunction } from './stack-resources.ts';

/** A model that no provider has: the gateway's own 404 proves that a request came all the way to it, and costs nothing. */
const noModel = 'verify/none';

const forgedAddress = '203.0.113.7';

/** What only a real edge shows: CloudFront and its web ACL in front of the function. */
export const edgeChecks: readonly Check[] = [
  {
    id: 'reachable',
    claim: 'the proxy answers at its public URL, over HTTPS with HSTS',
    needs: [],
    async verify(deployment) {
      const response = await callProxy(deployment, { path: '/healthz' });
      const hsts = response.headers.get('strict-transport-security');
      return {
        passed: response.status === 200 && hsts !== null,
        seen: `${response.status}, strict-transport-security: ${hsts ?? 'none'}`,
      };
    },
  },
  {
    id: 'unauthenticated',
    claim: 'a request without a key gets 401 in its own protocol',
    needs: [],
    async verify(deployment) {
      const openai = await callProxy(deployment, { path: '/v1/chat/completions', body: chat(noModel, 'hello') });
      const anthropic = await callProxy(deployment, {
        path: '/v1/messages',
        body: chat(noModel, 'hello', { max_tokens: 16 }),
      });
      const { type } = (await anthropic.json()) as { type?: unknown };
      const code = await errorCode(openai);
      return {
        passed: openai.status === 401 && anthropic.status === 401 && code !== undefined && type === 'error',
        seen: `${openai.status} ${code}, ${anthropic.status} of type ${String(type)}`,
      };
    },
  },
  {
    id: 'prompts-pass',
    claim: 'no prompt is blocked for what it says',
    needs: [],
    async verify(deployment) {
      const { secret } = await deployment.createKey();
      const stopped: string[] = [];
      for (const { name, content } of prompts) {
        const call = { path: '/v1/chat/completions', secret, body: chat(noModel, content) };
        const response = await callProxy(deployment, call);
        const code = await errorCode(response);
        if (code !== 'model_not_found') stopped.push(`${name}: ${response.status} ${code ?? 'without our envelope'}`);
      }
      return { passed: stopped.length === 0, seen: stopped.join(', ') || `${prompts.length} prompts arrived` };
    },
  },
  {
    id: 'attacks-blocked',
    claim: 'the same in a query string is blocked by the web ACL',
    needs: [],
    async verify(deployment) {
      const query = encodeURIComponent('<script>alert(1)</script>');
      const response = await callProxy(deployment, { path: `/v1/models?name=${query}` });
      return {
        passed: response.status === 403 && (await errorCode(response)) !== 'origin_not_verified',
        seen: `${response.status}`,
      };
    },
  },
  {
    id: 'too-large',
    claim: 'a body above 6 MiB gets 413 in the envelope of the SDKs',
    needs: [],
    async verify(deployment) {
      const { secret } = await deployment.createKey();
      const call = { path: '/v1/chat/completions', secret, body: chat(noModel, tooLargePrompt()) };
      const response = await callProxy(deployment, call);
      const code = await errorCode(response);
      return { passed: response.status === 413 && code !== undefined, seen: `${response.status} ${code}` };
    },
  },
  {
    id: 'forged-address',
    claim: 'a caller cannot choose the address that a key is held to',
    needs: [],
    async verify(deployment) {
      const { secret } = await deployment.createKey({ cidrs: [`${forgedAddress}/32`] });
      return refusedForAddress(deployment, secret, {
        'x-gatehouse-viewer-address': forgedAddress,
        'x-forwarded-for': forgedAddress,
        forwarded: `for=${forgedAddress}`,
        'true-client-ip': forgedAddress,
      });
    },
  },
  {
    id: 'forged-origin-header',
    claim: "CloudFront replaces a viewer's own origin header: neither refused by it nor let in by it",
    needs: [],
    async verify(deployment) {
      const { secret } = await deployment.createKey();
      const headers = { 'x-gateway-origin-verify': 'forged' };
      const response = await callProxy(deployment, { path: '/v1/models', secret, headers });
      return { passed: response.status === 200, seen: `${response.status}` };
    },
  },
  {
    id: 'around-the-edge',
    claim: 'who calls the API itself, past CloudFront, is refused',
    needs: ['aws'],
    async verify(deployment) {
      const proxyUrl = await originUrlOf(deployment);
      const statuses: number[] = [];
      for (const headers of [{}, { 'x-gateway-origin-verify': 'forged' }]) {
        const response = await callProxy({ proxyUrl }, { path: '/healthz', headers });
        statuses.push(response.status);
      }
      return { passed: statuses.every((status) => status === 403), seen: statuses.join(', ') };
    },
  },
];

async function refusedForAddress(
  deployment: Deployment,
  secret: string,
  headers: Readonly<Record<string, string>>,
): Promise<Finding> {
  const call = { path: '/v1/chat/completions', secret, headers, body: chat(noModel, 'hello') };
  const response = await callProxy(deployment, call);
  return { passed: response.status === 403, seen: `${response.status} ${await errorCode(response)}` };
}

/** The API's own address, or the function's where there is no API. */
async function originUrlOf(deployment: Deployment): Promise<string> {
  const api = await findResource(deployment, 'AWS::ApiGateway::RestApi', 'DataPlaneApi');
  if (api !== undefined) return `https://${api.physicalId}.execute-api.${api.region}.amazonaws.com/live`;
  const { physicalId, region } = await requireFunction(deployment, 'Proxy');
  const parameters = { 'function-name': physicalId, qualifier: 'live', region };
  const { FunctionUrl } = (await deployment.aws('lambda get-function-url-config', parameters)) as {
    FunctionUrl: string;
  };
  return FunctionUrl.replace(/\/$/, '');
}
