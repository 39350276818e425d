import type { CanaryRequest } from './canary-requests.ts';

interface Tools {
  readonly marker: string;
  readonly sentence: string;
  readonly post: (path: string, body: object | string, more?: Partial<CanaryRequest>) => CanaryRequest;
  readonly get: (path: string, more?: Partial<CanaryRequest>) => CanaryRequest;
  readonly refusals: (path: string, body: Readonly<Record<string, unknown>>) => CanaryRequest[];
  readonly throughLab: (path: string, body: object) => CanaryRequest[];
}

/** The marker on every way into the endpoints of media and of lists of models, by `METHOD path`. */
export function mediaCanaries(tools: Tools): Readonly<Record<string, readonly CanaryRequest[]>> {
  const { marker, sentence, post, get, refusals, throughLab } = tools;
  const bodies = {
    '/v1/images/generations': { model: 'sim/image', prompt: sentence, user: marker },
    '/v1/audio/speech': { model: 'sim/speech', voice: marker, input: sentence, instructions: sentence },
    '/v1/moderations': { model: 'sim/moderation', input: [sentence] },
    '/v1/rerank': { model: 'sim/rerank', query: sentence, documents: [sentence, marker] },
  };
  const posted = Object.entries(bodies).map(([path, body]) => [
    `POST ${path}`,
    [
      post(path, body),
      post(path, { ...body, [marker]: marker }),
      post(path, { ...body, model: 'sim/failing' }),
      ...throughLab(path, body),
      ...refusals(path, body),
    ],
  ]);
  const lists = ['/v1/models/{model}', '/v1beta/models', '/v1beta/models/{model}'].map((endpoint) => {
    const path = endpoint.replace('{model}', marker);
    return [`GET ${endpoint}`, [get(`${path}?${marker}=${marker}`), get(path, { key: 'revoked' })]];
  });
  return {
    ...(Object.fromEntries([...posted, ...lists]) as Record<string, CanaryRequest[]>),
    'POST /v1/audio/transcriptions': transcriptions(tools),
  };
}

function transcriptions({ marker, sentence, post }: Tools): CanaryRequest[] {
  const part = (disposition: string, text: string): string =>
    `--x\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${text}\r\n`;
  const form = (...fields: string[]): string =>
    `${fields.join('')}${part(`name="file"; filename="${marker}.mp3"`, sentence)}--x--\r\n`;
  const send = (body: string, type = 'multipart/form-data; boundary=x'): CanaryRequest =>
    post('/v1/audio/transcriptions', body, { headers: { 'content-type': type } });
  const model = (name: string): string => part('name="model"', name);
  const prompt = part('name="prompt"', sentence);
  return [
    ...['json', 'text', marker].map((format) =>
      send(form(model('sim/transcription'), prompt, part('name="response_format"', format))),
    ),
    ...['sim/failing', marker, `nobody/${marker}`, sentence].map((name) => send(form(model(name), prompt))),
    send(form(model('sim/transcription'), part(`name="${marker}"`, marker))),
    send(form(model('sim/transcription'), model(marker))),
    send(form(model('sim/transcription'), part('name="stream"', marker))),
    send(part(`name="${marker}`, marker)),
    send(marker),
    send(form(prompt), `multipart/form-data; boundary=${marker}`),
    send(form(prompt), `multipart/form-data; boundary=x; ${marker}=${marker}`),
    send(form(prompt), `application/json; ${marker}`),
  ];
}
