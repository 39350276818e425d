import { anthropicMessages } from '../lambdas/wire/anthropic-messages.ts';
import { AwsEventStreamReader } from '../lambdas/wire/aws-event-stream.ts';
import { gemini } from '../lambdas/wire/gemini.ts';
import { parseJsonBody } from '../lambdas/wire/json-body.ts';
import { openaiChat } from '../lambdas/wire/openai-chat.ts';
import { openaiResponses } from '../lambdas/wire/openai-responses.ts';
import { createPassThroughReader } from '../lambdas/wire/pass-through-reader.ts';
import type { RequestCall, WireProtocol } from '../lambdas/wire/protocol.ts';
import {
  createTranslation,
  type Translation,
  type TranslationTarget,
} from '../lambdas/wire/translation/translation.ts';
import { longConversation } from './long-conversation.ts';
import { providerAnswers, type UpstreamProtocol } from './provider-answers.ts';

/**
 * Processor time of translation by itself. All pairs take turns in one process, so that no call site is compiled for one codec
 * alone: as in a gateway that many applications share.
 */

type Work = () => unknown;

/** One cell of the table; `name` is `<what> <upstream> <column>`. */
interface Cell {
  readonly name: string;
  readonly work: Work;
  /** How many of what is counted one call does. */
  readonly units: number;
}

const clients = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
} as const satisfies Record<string, WireProtocol>;
type ClientProtocol = keyof typeof clients;

const model = 'bench-1';
const call: RequestCall = { path: `/v1beta/models/${model}:generateContent`, query: new URLSearchParams() };

function targetOf(protocol: UpstreamProtocol): TranslationTarget {
  return {
    protocol,
    displayName: 'the benchmark',
    model,
    maxOutputTokens: 4_000,
    modelMaxOutputTokens: undefined,
    maxTokensField: 'max_completion_tokens',
    acceptsStreamOptions: true,
  };
}

function translationOf(client: ClientProtocol, fields: Readonly<Record<string, unknown>>): Translation {
  const context = { requestId: 'req_01kb2m3n4p5q6r7s8t9v0w1x2y', createdAt: 1_763_812_800, includeUsage: true };
  return createTranslation({ client, fields, stream: true, dropUnsupported: false, context });
}

/** The same conversation as each protocol's clients send it. */
const requests = Object.fromEntries(
  Object.keys(clients).map((name) => {
    const conversation = longConversation(model);
    const { value } = translationOf('openai-chat', conversation).encode(targetOf(name as ClientProtocol));
    return [name, Buffer.from(JSON.stringify(name === 'openai-chat' ? conversation : value))];
  }),
) as Record<ClientProtocol, Buffer>;

function streamCells(upstream: UpstreamProtocol, names: readonly ClientProtocol[]): Cell[] {
  const { stream } = providerAnswers[upstream];
  const cell = (column: string, work: Work): Cell => ({
    name: `chunk ${upstream} ${column}`,
    work,
    units: stream.length,
  });
  const passed = upstream === 'bedrock-converse' ? undefined : clients[upstream];
  return [
    ...(passed === undefined ? [] : [cell('passed', () => pass(passed, stream))]),
    cell('json', upstream === 'bedrock-converse' ? () => reparseMessages(stream) : () => reparseEvents(stream)),
    ...names.map((client) => {
      const answer = translationOf(client, JSON.parse(requests[client].toString())).answer(targetOf(upstream));
      return cell(client, () => {
        const reader = answer.createReader();
        for (const chunk of stream) reader.push(chunk);
        reader.finish();
        if (reader.ending()?.kind !== 'end') throw new Error(`${upstream} for ${client} did not end`);
      });
    }),
  ];
}

function pass(protocol: WireProtocol, stream: readonly Buffer[]): void {
  const reader = createPassThroughReader(protocol.createStreamTap({ hideUsage: false, choices: 1 }));
  for (const chunk of stream) reader.push(chunk);
  reader.finish();
  if (reader.ending()?.kind !== 'end') throw new Error(`${protocol.name} did not end`);
}

/** The least that anything can do which changes events: bytes to values and back. */
function reparseEvents(stream: readonly Buffer[]): void {
  for (const event of stream) {
    const text = event.toString();
    const data = text.slice(text.indexOf('data: ') + 'data: '.length);
    if (!data.startsWith('[DONE]')) Buffer.from(`data: ${JSON.stringify(JSON.parse(data))}\n\n`);
  }
}

function reparseMessages(stream: readonly Buffer[]): void {
  const reader = new AwsEventStreamReader();
  for (const message of stream) {
    for (const { data } of reader.push(message)) Buffer.from(`data: ${JSON.stringify(JSON.parse(data))}\n\n`);
  }
}

function requestCells(upstream: UpstreamProtocol, names: readonly ClientProtocol[]): Cell[] {
  const { whole } = providerAnswers[upstream];
  const cell = (column: string, work: Work): Cell => ({ name: `request ${upstream} ${column}`, work, units: 1 });
  const passed = upstream === 'bedrock-converse' ? undefined : clients[upstream];
  return [
    ...(passed === undefined ? [] : [cell('passed', () => passWhole(passed, requests[passed.name], whole))]),
    cell('json', () => {
      Buffer.from(JSON.stringify(JSON.parse(requests['openai-chat'].toString())));
      Buffer.from(JSON.stringify(JSON.parse(whole.toString())));
    }),
    ...names.map((client) => cell(client, () => translateWhole(client, upstream, whole))),
  ];
}

function passWhole(protocol: WireProtocol, request: Buffer, answer: Buffer): void {
  const body = parseJsonBody(request);
  const facts = protocol.readRequest(body, call);
  const changes = { model, maxOutputTokens: 4_000, maxTokensField: 'max_tokens', requestStreamUsage: true } as const;
  protocol.buildRequest(body, facts, changes);
  if (protocol.readResponse(JSON.parse(answer.toString())) === undefined) throw new Error('not an answer');
}

/** As the data plane does it: encoded before admission, to see whether the target takes it, and again when it is sent. */
function translateWhole(client: ClientProtocol, upstream: UpstreamProtocol, answer: Buffer): void {
  const body = parseJsonBody(requests[client]);
  clients[client].readRequest(body, call);
  const translation = translationOf(client, body.value);
  const target = targetOf(upstream);
  translation.encode(target).measure();
  Buffer.from(JSON.stringify(translation.encode(target).value));
  const read = translation.answer(target).readWhole(JSON.parse(answer.toString()));
  if (read === undefined) throw new Error(`no answer of ${upstream} for ${client}`);
}

/** Runs every cell in turn; only the later turns count. */
function measure(cells: readonly Cell[], calls: number, turns: number): Record<string, number> {
  const spent = new Map(cells.map((cell) => [cell, 0]));
  for (let turn = -turns; turn < turns; turn += 1) {
    for (const cell of cells) {
      const before = process.cpuUsage();
      for (let index = 0; index < calls; index += 1) cell.work();
      const { user, system } = process.cpuUsage(before);
      if (turn >= 0) spent.set(cell, (spent.get(cell) ?? 0) + user + system);
    }
  }
  return Object.fromEntries([...spent].map(([{ name, units }, total]) => [name, total / (units * calls * turns)]));
}

const pairs = (Object.keys(providerAnswers) as UpstreamProtocol[]).map((upstream) => ({
  upstream,
  names: (Object.keys(clients) as ClientProtocol[]).filter((client) => client !== upstream),
}));
const streams = pairs.flatMap(({ upstream, names }) => streamCells(upstream, names));
const wholes = pairs.flatMap(({ upstream, names }) => requestCells(upstream, names));

console.log(JSON.stringify({ ...measure(streams, 1, 8), ...measure(wholes, 20, 8) }));
