import type { AdminApp } from '../lambdas/control-plane/admin/app.ts';
import type { BodyInputOf, ResponseOf } from '../lambdas/control-plane/contract/operation.ts';
import {
  basePath,
  type OperationId,
  type Operations,
  operations,
} from '../lambdas/control-plane/contract/operations.ts';

export type AnswerTo<Id extends OperationId> = ResponseOf<Operations[Id]>;
type Parameters = Readonly<Record<string, string>>;

/** The admin API called inside this process, as the operator; parameters that the path does not name are the query. */
export interface InProcessApi {
  /** `undefined` for what does not exist. */
  call<Id extends OperationId>(
    id: Id,
    parameters: Parameters,
    body?: BodyInputOf<Operations[Id]>,
  ): Promise<AnswerTo<Id> | undefined>;
  /** @throws Error for what is neither a success nor 404 */
  send<Id extends OperationId>(id: Id, parameters: Parameters, body?: BodyInputOf<Operations[Id]>): Promise<Response>;
}

export function createInProcessApi(app: AdminApp, adminToken: string): InProcessApi {
  const send: InProcessApi['send'] = async (id, parameters, body) => {
    const { method, path } = operations[id];
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    const query = Object.entries(parameters).filter(([name]) => !path.includes(`{${name}}`));
    const response = await app.request(
      `${basePath}${filled}?${new URLSearchParams(query).toString()}`,
      {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      },
      { sourceAddress: '127.0.0.1' },
    );
    if (response.ok || response.status === 404) return response;
    throw new Error(`${id} was answered with ${response.status} ${await codeOf(response)}`);
  };
  return {
    send,
    async call(id, parameters, body) {
      const response = await send(id, parameters, body);
      const text = response.ok ? await response.text() : '';
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

async function codeOf(response: Response): Promise<string> {
  const { code = '' } = (await response.json()) as { code?: string };
  return code;
}
