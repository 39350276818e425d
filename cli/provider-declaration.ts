import { InvalidArgumentError } from 'commander';
import { parseUsd } from './money.ts';

export interface DeclaredModel {
  readonly id: string;
  readonly free?: true;
  readonly price?: {
    readonly inputPerMillion: number;
    readonly outputPerMillion: number;
    readonly cacheReadPerMillion?: number;
    readonly cacheWritePerMillion?: number;
    readonly perMillionUnits?: number;
  };
}

export const authKinds = ['bearer', 'header', 'query', 'sigv4', 'none'] as const;

export interface DeclaredAuth {
  readonly kind: (typeof authKinds)[number];
  readonly name?: string;
}

/**
 * `llama-4=free` or `llama-4=0.60/2.40`, in USD per million tokens: input/output[/cache read[/cache write]]. Added to those before.
 *
 * @throws InvalidArgumentError
 */
export function collectModel(text: string, previous: readonly DeclaredModel[] = []): readonly DeclaredModel[] {
  const at = text.lastIndexOf('=');
  const id = text.slice(0, Math.max(0, at));
  const price = text.slice(at + 1);
  if (id !== '' && price === 'free') return [...previous, { id, free: true }];
  const amounts = price.split('/');
  if (id === '' || amounts.length < 2 || amounts.length > 4 || price.includes('-')) {
    throw new InvalidArgumentError(
      'Give id=free, or id=INPUT/OUTPUT in USD per million tokens, such as llama-4=0.60/2.40.',
    );
  }
  const [inputPerMillion = 0, outputPerMillion = 0, cacheReadPerMillion, cacheWritePerMillion] = amounts.map(parseUsd);
  const cache = {
    ...(cacheReadPerMillion !== undefined && { cacheReadPerMillion }),
    ...(cacheWritePerMillion !== undefined && { cacheWritePerMillion }),
  };
  return [...previous, { id, price: { inputPerMillion, outputPerMillion, ...cache } }];
}

/**
 * `bearer`, `none`, `header:api-key`, `query:key`, `sigv4` or `sigv4:bedrock/eu-west-1`.
 *
 * @throws InvalidArgumentError
 */
export function parseAuth(text: string): DeclaredAuth {
  const [word = '', ...rest] = text.split(':');
  const kind = authKinds.find((candidate) => candidate === word);
  if (kind === undefined) throw new InvalidArgumentError(`There are these kinds: ${authKinds.join(', ')}.`);
  const name = rest.join(':');
  if (name === '' && (kind === 'header' || kind === 'query')) {
    throw new InvalidArgumentError(`Say its name: ${kind}:NAME.`);
  }
  return name === '' ? { kind } : { kind, name };
}
