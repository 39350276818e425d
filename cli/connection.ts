import { readFileSync } from 'node:fs';
import path from 'node:path';
import { usageError } from './cli-error.ts';

/** Where the admin API is and what opens it. */
export interface Connection {
  /** Without a trailing slash and without `/admin/v1`. */
  readonly url: string;
  readonly token: string;
  /** For messages: which flag, variable or file the two came from. */
  readonly urlFrom: string;
  readonly tokenFrom: string;
}

export interface ConnectionOptions {
  readonly url?: string;
  readonly token?: string;
  readonly dataDir?: string;
  readonly insecure?: boolean;
}

interface Found {
  readonly value: string;
  readonly from: string;
}

/**
 * URL and token from flags, then the environment, then the folder a local runner keeps its state in.
 *
 * @param readInput standard input as text, for `--token -`
 * @throws CliError (usage) when one of the two is nowhere, or when the token would travel in the clear
 */
export async function findConnection(
  options: ConnectionOptions,
  environment: Readonly<Record<string, string | undefined>>,
  readInput: () => Promise<string>,
): Promise<Connection> {
  const folder = options.dataDir ?? (environment['GATEHOUSE_DATA_DIR'] || '.gatehouse');
  const url = flag('--url', options.url) ?? variable('GATEHOUSE_ADMIN_URL', environment) ?? file(folder, 'admin-url');
  if (url === undefined) {
    throw usageError(
      `Where is the admin API? Give --url or GATEHOUSE_ADMIN_URL, or start a local one with "npm start" (looked in ${folder}).`,
    );
  }
  const origin = checkUrl(url, options.insecure ?? false);
  const token =
    options.token === '-'
      ? { value: (await readInput()).trim(), from: 'standard input' }
      : (flag('--token', options.token) ??
        variable('GATEHOUSE_ADMIN_TOKEN', environment) ??
        localToken(url, folder, origin));
  if (token === undefined) {
    throw usageError(`There is no token for ${origin}. Set GATEHOUSE_ADMIN_TOKEN, or pipe one to --token -.`);
  }
  // Checked here because the HTTP client would repeat the value in its own error.
  if (!/^[\u0021-\u007e]+$/.test(token.value)) {
    throw usageError(`The token from ${token.from} is empty or holds characters that no token has.`);
  }
  return { url: origin, token: token.value, urlFrom: url.from, tokenFrom: token.from };
}

/** A local runner's token is for this machine: it is not sent to whatever host a flag or variable names. */
function localToken(url: Found, folder: string, origin: string): Found | undefined {
  const isLocal = url.from === path.join(folder, 'admin-url') || isLoopback(new URL(origin).hostname);
  return isLocal ? file(folder, 'admin-token') : undefined;
}

function checkUrl({ value, from }: Found, insecure: boolean): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usageError(`The URL from ${from} is not an http or https URL.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw usageError(`The URL from ${from} holds a user name or password. The admin API takes a token.`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !insecure) {
    throw usageError(
      `The URL from ${from} is http: the token would travel in the clear to ${url.host}. Use https, or --insecure to do it anyway.`,
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/admin\/v1$/, '');
}

/** Hosts that never leave this machine: `localhost` and its subdomains (RFC 6761), 127.0.0.0/8 and ::1. */
function isLoopback(hostname: string): boolean {
  return /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

function flag(name: string, value: string | undefined): Found | undefined {
  return value === undefined ? undefined : { value, from: name };
}

function variable(name: string, environment: Readonly<Record<string, string | undefined>>): Found | undefined {
  const value = environment[name];
  return value === undefined || value === '' ? undefined : { value, from: name };
}

function file(folder: string, name: string): Found | undefined {
  const from = path.join(folder, name);
  try {
    const value = readFileSync(from, 'utf8').trim();
    return value === '' ? undefined : { value, from };
  } catch {
    return undefined;
  }
}
