import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, readConfiguration, usage } from '../../local/configuration.ts';
import { simulatedModels } from '../../local/simulated-provider.ts';
import { writeConfiguration } from '../fixtures/gatehouse.ts';
import { temporaryFolder } from '../fixtures/local-process.ts';

const documentation = readFileSync(new URL('../../docs/local.md', import.meta.url), 'utf8');
const lab = { baseUrl: 'https://lab.example.com/v1', models: [{ id: '*', free: true }], credentialEnv: 'LAB_KEY' };

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).message;
  }
  throw new Error('nothing was wrong with it');
}

const readFile = (file: string, environment = {}) => readConfiguration(['--config', file], environment);
const readProviders = (providers: Record<string, object>, environment = {}) =>
  readFile(writeConfiguration(temporaryFolder(), providers), environment);

describe('readConfiguration', () => {
  it('has a default for everything', () => {
    const configuration = readConfiguration([], {});

    expect(configuration).toEqual({
      port: 8787,
      adminPort: 8788,
      adminToken: undefined,
      dataFolder: '.gatehouse',
      json: false,
      providers: {},
      oidcIssuers: [],
      environment: {},
    });
  });

  it('takes variables, and flags before them', () => {
    const environment = {
      GATEHOUSE_PORT: '1',
      GATEHOUSE_ADMIN_PORT: '2',
      GATEHOUSE_DATA_DIR: 'there',
      GATEHOUSE_ADMIN_TOKEN: 'token',
    };

    const variables = readConfiguration([], environment);
    const flags = readConfiguration(['--port=3', '--admin-port', '0', '--data-dir', 'here', '--json'], environment);

    expect(variables).toMatchObject({ port: 1, adminPort: 2, dataFolder: 'there', adminToken: 'token', json: false });
    expect(flags).toMatchObject({ port: 3, adminPort: 0, dataFolder: 'here', adminToken: 'token', json: true });
  });

  it.each(['--help', '-h'])('asks for help with %s, whatever else there is', (flag) => {
    expect(readConfiguration(['--port', 'x', flag].slice(2), {})).toBe('help');
  });

  it('takes empty variables for unset ones', () => {
    const environment = { GATEHOUSE_PORT: '', GATEHOUSE_DATA_DIR: '', GATEHOUSE_ADMIN_TOKEN: '' };

    expect(readConfiguration([], environment)).toMatchObject({
      port: 8787,
      dataFolder: '.gatehouse',
      adminToken: undefined,
    });
  });

  it.each(['eyJhbGciOiJub25lIn0.e30.', 'two words', 'schlüssel'])('refuses the admin token %s, unquoted', (token) => {
    const message = messageOf(() => readConfiguration([], { GATEHOUSE_ADMIN_TOKEN: token }));

    expect(message).toMatch(/^GATEHOUSE_ADMIN_TOKEN must/);
    expect(message).not.toContain(token);
  });

  it('takes a collector of traces, and none where the variable is empty', () => {
    const endpointOf = (value: string) => readConfiguration([], { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: value });

    expect(endpointOf('http://127.0.0.1:4318/v1/traces')).toMatchObject({
      tracesEndpoint: 'http://127.0.0.1:4318/v1/traces',
    });
    expect(endpointOf('')).toMatchObject({ tracesEndpoint: undefined });
  });

  it.each(['127.0.0.1:9', 'grpc://127.0.0.1:4317', 'ftp://user:secret@host'])(
    'refuses %s as a collector, unquoted',
    (endpoint) => {
      const message = messageOf(() => readConfiguration([], { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint }));

      expect(message).toMatch(/^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must/);
      expect(message).not.toContain(endpoint);
    },
  );

  it('completes a declared provider and keeps its credential out of the declaration', () => {
    const configuration = readProviders({ lab }, { LAB_KEY: 'secret-1' });

    expect(configuration).toMatchObject({
      providers: {
        lab: {
          declaration: { protocols: ['openai-chat', 'openai-embeddings'], auth: { kind: 'bearer' } },
          credentialEnvironment: 'LAB_KEY',
        },
      },
    });
    const { providers } = configuration as Exclude<typeof configuration, 'help'>;
    expect(JSON.stringify(providers)).not.toContain('secret-1');
  });

  it.each([
    [['--prot', '1'], '--prot'],
    [['--port', 'http'], '--port: "http" is not a port'],
    [['--port', '65536'], '--port: "65536" is not a port'],
    [['--admin-port', '-1'], '--admin-port'],
    [['serve'], 'serve'],
    [['--config', '/does/not/exist.json'], '--config: cannot read /does/not/exist.json (ENOENT)'],
  ])('refuses %j and names it', (flags, message) => {
    expect(messageOf(() => readConfiguration(flags, {}))).toContain(message);
  });

  it.each([
    ['an address that is no URL', { ...lab, baseUrl: 'lab' }, 'providers.lab.baseUrl'],
    ['another kind of URL', { ...lab, baseUrl: 'file:///etc' }, 'providers.lab.baseUrl'],
    ['no models', { ...lab, models: [] }, 'providers.lab.models'],
    ['a model with neither price nor "free"', { ...lab, models: [{ id: 'm' }] }, 'needs a price'],
    ['a model with half a price', { ...lab, models: [{ id: 'm', price: { inputPerMillion: 1 } }] }, 'outputPerMillion'],
    [
      'a price below zero',
      { ...lab, models: [{ id: 'm', price: { inputPerMillion: -1, outputPerMillion: 1 } }] },
      'models[0].price.inputPerMillion',
    ],
    ['an unknown protocol', { ...lab, protocols: ['soap'] }, 'providers.lab.protocols'],
    ['a header of the request itself', { ...lab, auth: { kind: 'header', name: 'host' } }, 'auth.name must be'],
    ['a model listed twice', { ...lab, models: [...lab.models, ...lab.models] }, 'models.1.id must be listed once'],
    ['an address with a query', { ...lab, baseUrl: 'https://a.example.com?b' }, 'baseUrl must be without a query'],
    ['an unknown kind of auth', { ...lab, auth: { kind: 'basic' } }, 'providers.lab.auth'],
    ['a misspelt member', { ...lab, baseURL: 'x' }, 'baseURL'],
    ['no variable for its credential', { ...lab, credentialEnv: undefined }, 'credentialEnv'],
    ['a variable that is not set', lab, 'takes its credential from LAB_KEY, which is not set'],
  ])('refuses a provider with %s and names the field', (_name, provider, message) => {
    const environment = message.includes('LAB_KEY') ? {} : { LAB_KEY: 'secret-3' };

    expect(messageOf(() => readProviders({ lab: provider }, environment))).toContain(message);
  });

  it('refuses a name that could not be part of a model name', () => {
    expect(messageOf(() => readProviders({ 'My Lab': lab }))).toContain('My Lab');
  });

  it('refuses a file that is not JSON, without quoting it', () => {
    const file = path.join(temporaryFolder(), 'broken.json');
    writeFileSync(file, '{"providers": secret-2');

    const message = messageOf(() => readFile(file));

    expect(message).toBe(`--config: ${file} is not valid JSON`);
  });
});

describe('docs/local.md', () => {
  it('has a configuration file that works as it is', () => {
    const example = /```json\n(.*?)\n```/s.exec(documentation)?.[1] ?? '';
    const file = path.join(temporaryFolder(), 'example.json');
    writeFileSync(file, example);

    const configuration = readFile(file, { LAB_API_KEY: 'a', CLAUDE_PROXY_KEY: 'b' });

    expect(configuration).toMatchObject({ providers: { lab: {}, 'claude-proxy': {}, ollama: {} } });
  });

  it('names every flag, every variable and every simulated model', () => {
    const names = [...usage.matchAll(/--[a-z-]+|GATEHOUSE_[A-Z_]+/g)].map(([name]) => name);

    for (const name of names) expect(documentation).toContain(name);
    for (const { id } of simulatedModels) expect(documentation).toMatch(new RegExp(`^\\| \`${id}\``, 'm'));
  });
});
