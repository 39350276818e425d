import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EncodingTarget } from '../../../../../lambdas/wire/canonical/codec.ts';
import type { AssistantPart, Message, TextPart, UserPart } from '../../../../../lambdas/wire/canonical/request.ts';
import { bedrockConverseCodec } from '../../../../../lambdas/wire/codecs/bedrock-converse/codec.ts';
import { WireError } from '../../../../../lambdas/wire/wire-error.ts';
import { claude, hello, llama, nova, strict } from './request-fixtures.ts';

interface Encoded {
  readonly messages: readonly { readonly role: string; readonly content: readonly object[] }[];
  readonly system?: readonly object[];
}
const encode = (messages: readonly Message[], target: EncodingTarget = claude): Encoded =>
  bedrockConverseCodec.encodeRequest({ ...hello, messages }, target, strict()) as Encoded;
const user = (...content: UserPart[]): Message => ({ role: 'user', content });
const assistant = (...content: AssistantPart[]): Message => ({ role: 'assistant', content });
const text = (value: string): TextPart => ({ type: 'text', text: value });
const contentOf = (part: UserPart, target?: EncodingTarget) =>
  encode([user(text('?'), part)], target).messages[0]?.content;
const png = { kind: 'base64', mediaType: 'image/png', data: 'iVBORw==' } as const;
const pdf = { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' } as const;

describe('turns', () => {
  test('alternate, with instructions before them apart and later ones in place', () => {
    const body = encode([
      { role: 'system', content: [text('Be brief.'), text(' ')] },
      user(text('One')),
      user(text('Two')),
      assistant(text('Three')),
      { role: 'system', content: [text('Be long.')] },
      user(text('Four')),
    ]);

    expect(body.system).toEqual([{ text: 'Be brief.' }]);
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'One' }, { text: 'Two' }] },
      { role: 'assistant', content: [{ text: 'Three' }] },
      { role: 'user', content: [{ text: 'Be long.' }, { text: 'Four' }] },
    ]);
  });

  test('of which nothing is left are left out, and their neighbours joined', () => {
    const body = encode([
      user(text('One')),
      assistant({ type: 'reasoning', text: 'Hm', state: { origin: 'gemini', value: 'x' } }, text('  ')),
      user(text('Two')),
    ]);

    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'One' }, { text: 'Two' }] }]);
  });

  test.each<[string, Message[], string]>([
    ['begin with the model', [{ ...assistant(text('I')), path: 'messages[0]' }, user(text('?'))], 'messages[0]'],
    ['have no content at all', [user(text(''))], 'messages'],
    ['are instructions alone', [{ role: 'system', content: [text('Be brief.')] }], 'messages'],
  ])('that %s are refused', (_name, messages, param) => {
    expect(() => encode(messages)).toThrow(expect.objectContaining({ code: 'parameter_not_supported', param }));
  });
});

describe('cache points', () => {
  const marked = [
    { role: 'system', content: [{ ...text('Rules'), cache: {} }] },
    user({ ...text('Long'), cache: { ttl: '1h' } }, text('Short')),
  ] as const;

  test('stand behind what is marked, with their lifetime', () => {
    const body = encode(marked);

    expect(body.system).toEqual([{ text: 'Rules' }, { cachePoint: { type: 'default' } }]);
    expect(body.messages[0]?.content).toEqual([
      { text: 'Long' },
      { cachePoint: { type: 'default', ttl: '1h' } },
      { text: 'Short' },
    ]);
  });

  test('have no lifetime for Nova, and are left out for models without prompt caching', () => {
    expect(encode(marked, nova).messages[0]?.content).toContainEqual({ cachePoint: { type: 'default' } });
    expect(encode(marked, llama).messages[0]?.content).toEqual([{ text: 'Long' }, { text: 'Short' }]);
  });
});

describe('media', () => {
  test('are sent as bytes or as objects in S3, by format', () => {
    const content = encode([
      user(
        text('Look'),
        { type: 'image', source: png, detail: 'low', cache: {} },
        { type: 'image', source: { kind: 'url', url: 's3://bucket/a.JPG' } },
        { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'SUQz' } },
        { type: 'video', source: { kind: 'url', url: 's3://bucket/clip', mediaType: 'video/quicktime' } },
      ),
    ]).messages[0]?.content;

    expect(content).toEqual([
      { text: 'Look' },
      { image: { format: 'png', source: { bytes: 'iVBORw==' } } },
      { cachePoint: { type: 'default' } },
      { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.JPG' } } } },
      { audio: { format: 'mp3', source: { bytes: 'SUQz' } } },
      { video: { format: 'mov', source: { s3Location: { uri: 's3://bucket/clip' } } } },
    ]);
  });

  test('documents get neutral names, each of its own', () => {
    const content = encode([
      user(
        text('Read'),
        { type: 'document', source: pdf, fileName: 'Q3 report_final (v2).pdf' },
        { type: 'document', source: pdf, title: 'Q3 report final (v2)', context: 'Finance', citations: true },
        { type: 'document', source: { kind: 'text', text: 'Grüße' } },
        { type: 'document', source: { kind: 'text', text: 'Cite' }, citations: true },
      ),
    ]).messages[0]?.content;

    expect(content?.slice(1)).toEqual([
      { document: { format: 'pdf', source: { bytes: 'JVBERi0=' }, name: 'Q3 report final (v2)' } },
      {
        document: {
          format: 'pdf',
          source: { bytes: 'JVBERi0=' },
          name: 'Q3 report final (v2) (2)',
          context: 'Finance',
          citations: { enabled: true },
        },
      },
      { document: { format: 'txt', source: { bytes: 'R3LDvMOfZQ==' }, name: 'Document' } },
      { document: { format: 'txt', source: { text: 'Cite' }, name: 'Document (2)', citations: { enabled: true } } },
    ]);
  });

  test('a document alone gets the text beside it that Converse demands', () => {
    const [message] = encode([user({ type: 'document', source: pdf })]).messages;

    expect(message?.content).toEqual([
      { text: 'The attached document.' },
      { document: { format: 'pdf', source: { bytes: 'JVBERi0=' }, name: 'Document' } },
    ]);
  });

  test.each<[string, UserPart, EncodingTarget?]>([
    ['at a web address', { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, path: 'here' }],
    ['in another store', { type: 'document', source: { kind: 'file', id: 'file-1' }, path: 'here' }],
    ['of an unknown format', { type: 'image', source: { ...png, mediaType: 'image/tiff' }, path: 'here' }],
    ['in S3 of an unknown format', { type: 'video', source: { kind: 'url', url: 's3://b/a.gif' }, path: 'here' }],
    [
      'that the model does not take',
      { type: 'image', source: png, path: 'here' },
      { ...claude, capabilities: { input: ['text', 'pdf'] } },
    ],
    [
      'as PDF that the model does not take',
      { type: 'document', source: pdf, path: 'here' },
      { ...claude, capabilities: { input: ['text', 'image'] } },
    ],
  ])('%s are refused by path', (_name, part, target) => {
    expect(() => contentOf(part, target)).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: 'here' }),
    );
  });
});

describe('calls and results', () => {
  const conversation = (id: string): Message[] => [
    user(text('?')),
    assistant({ type: 'tool-call', id, name: 'look', arguments: '{"a":[1]}', cache: {} }),
    user(text('And?'), {
      type: 'tool-result',
      callId: id,
      name: 'look',
      isError: true,
      content: [text('No'), { type: 'image', source: png, cache: { ttl: '5m' } }],
    }),
  ];

  test('are blocks of their own, results first, and cache points outside of them', () => {
    const [, call, result] = encode(conversation('call_1')).messages;

    expect(call?.content).toEqual([
      { toolUse: { toolUseId: 'call_1', name: 'look', input: { a: [1] } } },
      { cachePoint: { type: 'default' } },
    ]);
    expect(result?.content).toEqual([
      {
        toolResult: {
          toolUseId: 'call_1',
          content: [{ text: 'No' }, { image: { format: 'png', source: { bytes: 'iVBORw==' } } }],
          status: 'error',
        },
      },
      { cachePoint: { type: 'default', ttl: '5m' } },
      { text: 'And?' },
    ]);
  });

  test('with ids that Converse does not take still find each other, and others are kept apart', () => {
    const idOf = (id: string): readonly unknown[] => {
      const [, call, result] = encode(conversation(id)).messages;
      return [call?.content[0], result?.content[0]].map(
        (block) => JSON.stringify(block).match(/"toolUseId":"(.*?)"/)?.[1],
      );
    };

    const [callId, resultId] = idOf('functions.look:0');

    expect(callId).toMatch(/^[\w-]{1,64}$/);
    expect(resultId).toBe(callId);
    expect(idOf('functions.look:1')[0]).not.toBe(callId);
    expect(idOf('x'.repeat(65))[0]).toHaveLength(37);
  });

  test('a result without content is one without blank text', () => {
    const [message] = encode([
      user(text('?'), { type: 'tool-result', callId: 'c', name: 'look', content: [text('')] }),
    ]).messages;

    expect(message?.content[0]).toEqual({ toolResult: { toolUseId: 'c', content: [{ json: {} }] } });
  });

  test.each(['not JSON', '[1]', 'null', '"text"'])('a call with the arguments %s is refused', (value) => {
    const call = { type: 'tool-call', id: 'c', name: 'look', arguments: value, path: 'messages[1]' } as const;

    expect(() => encode([user(text('?')), assistant(call)])).toThrow(
      expect.objectContaining({ code: 'parameter_not_supported', param: 'messages[1]' }),
    );
  });
});

describe('reasoning', () => {
  const signed = { type: 'reasoning', text: 'Hm', state: { origin: 'anthropic', value: 'EqQB' } } as const;
  const redacted = { type: 'redacted-reasoning', state: { origin: 'bedrock', value: 'aGlkZGVu' } } as const;

  test('goes back to Claude with its signature, and redacted as it came', () => {
    const [, message] = encode([user(text('?')), assistant(signed, redacted, text('Yes'))]).messages;

    expect(message?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'EqQB' } } },
      { reasoningContent: { redactedContent: 'aGlkZGVu' } },
      { text: 'Yes' },
    ]);
  });

  test.each<[string, AssistantPart, EncodingTarget]>([
    ['of Claude to another model', signed, nova],
    ['redacted to another model', redacted, nova],
    ['without a signature', { type: 'reasoning', text: 'Hm' }, claude],
    ['of Gemini', { ...signed, state: { origin: 'gemini', value: 'x' } }, claude],
    ['of OpenAI', { ...redacted, state: { origin: 'openai', value: 'x' } }, claude],
    [
      'redacted by Anthropic, which has another form',
      { ...redacted, state: { origin: 'anthropic', value: 'x' } },
      claude,
    ],
  ])('%s is not sent', (_name, part, target) => {
    const [, message] = encode([user(text('?')), assistant(part, text('Yes'))], target).messages;

    expect(message?.content).toEqual([{ text: 'Yes' }]);
  });
});

test('gives a legal sequence of messages, or a refusal, for any conversation', () => {
  const anyText = fc.constantFrom('', ' ', 'a', 'Grüße').map(text);
  const anyId = fc.constantFrom('call_1', 'a.b:c', '', 'x'.repeat(80));
  const anySource = fc.constantFrom<typeof png | typeof pdf>(png, pdf);
  const anyUserPart: fc.Arbitrary<UserPart> = fc.oneof(
    anyText,
    anySource.map((source): UserPart => ({ type: 'image', source })),
    anySource.map((source): UserPart => ({ type: 'document', source })),
    fc
      .tuple(anyId, fc.array(anyText, { maxLength: 2 }))
      .map(([callId, content]): UserPart => ({ type: 'tool-result', callId, name: 'look', content })),
  );
  const anyAssistantPart: fc.Arbitrary<AssistantPart> = fc.oneof(
    anyText,
    fc
      .tuple(anyId, fc.constantFrom('{}', '{', '{"a":1}'))
      .map(([id, value]): AssistantPart => ({ type: 'tool-call', id, name: 'look', arguments: value })),
    fc.constantFrom<AssistantPart>({ type: 'reasoning', text: 'Hm' }, { type: 'refusal', text: 'No' }),
  );
  const anyMessage: fc.Arbitrary<Message> = fc.oneof(
    fc.array(anyText, { maxLength: 2 }).map((content): Message => ({ role: 'system', content })),
    fc.array(anyUserPart, { maxLength: 3 }).map((content): Message => ({ role: 'user', content })),
    fc.array(anyAssistantPart, { maxLength: 3 }).map((content): Message => ({ role: 'assistant', content })),
  );
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 6 }), fc.constantFrom(claude, nova, llama), (messages, target) => {
      let encoded: Encoded;
      try {
        encoded = encode(messages, target);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        return;
      }

      encoded.messages.forEach(({ role, content }, index) => {
        expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant');
        expect(content).not.toHaveLength(0);
      });
      expect(JSON.stringify(encoded)).not.toMatch(/"text":"\s*"/);
    }),
    { numRuns: 1000 },
  );
});
