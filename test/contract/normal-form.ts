import type { CanonicalRequest, Message } from '../../lambdas/wire/canonical/request.ts';
import type { CanonicalResponse } from '../../lambdas/wire/canonical/response.ts';
import { canonicalJson } from './seen.ts';

/**
 * Canonical values less what carries no meaning: where an element stood, how messages of one speaker are cut, how JSON text is
 * spelled, defaults that are spelled out, and which of its two names a document goes by.
 */
export function requestForm({
  messages,
  tools,
  toolChoice,
  outputFormat,
  sampling,
  ...rest
}: CanonicalRequest): unknown {
  const { paths: _paths, ...asked } = sampling;
  return withoutPaths({
    stream: rest.stream,
    maxOutputTokens: rest.maxOutputTokens,
    untranslated: rest.untranslated,
    messages: withNumberedCalls(
      joined(messages).map(({ role, content }) => ({ role, content: content.map(partForm) })),
    ),
    tools: tools.map(({ strict, ...tool }) => ({ ...tool, ...(strict === true && { strict }) })),
    toolChoice: toolChoice?.kind === 'auto' ? undefined : toolChoice,
    schema: outputFormat?.kind === 'json-schema' ? outputFormat.schema : outputFormat,
    sampling: asked,
  });
}

export function responseForm({ choices, usage }: CanonicalResponse): unknown {
  return withoutPaths({
    choices: choices.map(({ content, finishReason }) => ({ content: content.map(partForm), finishReason })),
    usage,
  });
}

/** Gemini takes no ids of calls in requests: results follow their calls by name and order. */
function withNumberedCalls(messages: unknown): unknown {
  const numbers = new Map<unknown, string>();
  return JSON.parse(
    JSON.stringify(messages, (key, member: unknown) => {
      if (key !== 'id' && key !== 'callId') return member;
      const number = numbers.get(member) ?? `call ${numbers.size + 1}`;
      numbers.set(member, number);
      return number;
    }),
  );
}

function joined(messages: readonly Message[]): { role: string; content: object[] }[] {
  const all: { role: string; content: object[] }[] = [];
  for (const { role, content } of messages) {
    const last = all.at(-1);
    if (last?.role === role) last.content.push(...content);
    else all.push({ role, content: [...content] });
  }
  return all;
}

function partForm(part: object): object {
  const form: Record<string, unknown> = { ...part };
  if (form['type'] === 'tool-call') form['arguments'] = canonicalJson(JSON.parse(String(form['arguments'])));
  if (form['type'] === 'document') {
    form['fileName'] ??= form['title'];
    delete form['title'];
  }
  if (form['detail'] === 'auto') delete form['detail'];
  if (form['isError'] === false) delete form['isError'];
  return form;
}

function withoutPaths(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, member: unknown) => (key === 'path' ? undefined : member)));
}
