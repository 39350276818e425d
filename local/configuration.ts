import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { declarationFaults } from '../lambdas/control-plane/admin/routing/declaration-faults.ts';
import { providerName } from '../lambdas/control-plane/contract/fields.ts';
import { providerDeclarationFields } from '../lambdas/control-plane/contract/providers.ts';
import { type OidcIssuer, parseOidcSettings } from '../lambdas/control-plane/sign-in/oidc-settings.ts';
import type { ProviderDeclaration } from '../lambdas/store/policy.ts';

/** Everything the local runner can be told, from flags, then environment variables, then defaults. */
export interface LocalConfiguration {
  readonly port: number;
  readonly adminPort: number;
  readonly adminToken: string | undefined;
  /** Issuers whose tokens the admin API accepts beside the admin token (docs/sign-in.md). */
  readonly oidcIssuers: readonly OidcIssuer[];
  readonly dataFolder: string;
  readonly json: boolean;
  /** Where the spans of requests are sent by OTLP over HTTP; nowhere if undefined. */
  readonly tracesEndpoint: string | undefined;
  /** Self-declared providers with the environment variable that holds their credential, if they need one. */
  readonly providers: Readonly<Record<string, DeclaredProvider>>;
  readonly environment: NodeJS.ProcessEnv;
}

export interface DeclaredProvider {
  readonly declaration: ProviderDeclaration;
  readonly credentialEnvironment: string | undefined;
}

/** A mistake of whoever started the runner; printed without a stack. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export const usage = `Gatehouse on your machine: the data plane, a simulated provider and an embedded database.

  npm start [-- options]

  --config FILE      providers to declare: {"providers": {"NAME": {"baseUrl", "protocols", "auth", "models", "credentialEnv"}}}
  --port N           data plane (GATEHOUSE_PORT, default 8787; 0 picks a free one)
  --admin-port N     control plane (GATEHOUSE_ADMIN_PORT, default 8788; 0 picks a free one)
  --data-dir FOLDER  state that survives a restart (GATEHOUSE_DATA_DIR, default .gatehouse)
  --json             print one JSON line {"proxyUrl","adminUrl","adminToken","apiKey"} when ready; logs go to standard error
  --help             this text

GATEHOUSE_ADMIN_TOKEN sets the admin token, GATEHOUSE_OIDC_ISSUERS who else may sign in to the control plane. A provider whose usual variable is set (OPENAI_API_KEY, ANTHROPIC_API_KEY, …)
is available at once. OTEL_EXPORTER_OTLP_TRACES_ENDPOINT sends traces to a collector. docs/local.md has more.
`;

/** The body of `PUT /providers/{provider}` (admin API), and the variable that its credential is taken from. */
const declaredProvider = z
  .strictObject({ ...providerDeclarationFields, credentialEnv: z.string().min(1).exactOptional() })
  .refine(({ auth, credentialEnv }) => auth.kind === 'none' || credentialEnv !== undefined, {
    error: 'names no "credentialEnv", which every "auth" but {"kind": "none"} needs',
  });

const configurationFile = z.strictObject({
  providers: z.record(providerName, declaredProvider).default({}),
});

/** @throws ConfigurationError naming the flag, variable or field. */
export function readConfiguration(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): LocalConfiguration | 'help' {
  const flags = readFlags(argv);
  if (flags.help === true) return 'help';
  return {
    port: readPort('--port', flags.port ?? environment['GATEHOUSE_PORT'], 8787),
    adminPort: readPort('--admin-port', flags['admin-port'] ?? environment['GATEHOUSE_ADMIN_PORT'], 8788),
    adminToken: readToken(environment['GATEHOUSE_ADMIN_TOKEN']),
    oidcIssuers: readIssuers(environment['GATEHOUSE_OIDC_ISSUERS']),
    dataFolder: flags['data-dir'] ?? (environment['GATEHOUSE_DATA_DIR'] || '.gatehouse'),
    json: flags.json === true,
    tracesEndpoint: readUrl('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', environment),
    providers: flags.config === undefined ? {} : readProviders(flags.config, environment),
    environment,
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string' },
        port: { type: 'string' },
        'admin-port': { type: 'string' },
        'data-dir': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ConfigurationError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function readPort(name: string, value: string | undefined, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new ConfigurationError(`${name}: "${value}" is not a port`);
  return Number(value);
}

function readUrl(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const value = environment[name];
  if (value === undefined || value === '') return undefined;
  if (URL.canParse(value) && /^https?:/i.test(value)) return value;
  throw new ConfigurationError(`${name} must be a URL such as http://127.0.0.1:4318/v1/traces.`);
}

/** An exported variable that is empty names no token, as one of the command line that is empty names none. */
function readToken(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (/^[\u0021-\u007e]+$/.test(value) && !value.startsWith('eyJ')) return value;
  throw new ConfigurationError(
    'GATEHOUSE_ADMIN_TOKEN must be printable ASCII without spaces, and must not begin like a JSON Web Token ("eyJ").',
  );
}

function readIssuers(text: string | undefined): readonly OidcIssuer[] {
  try {
    return parseOidcSettings(text);
  } catch (error) {
    throw new ConfigurationError(`GATEHOUSE_OIDC_ISSUERS: ${error instanceof Error ? error.message : 'not valid'}`);
  }
}

function readProviders(file: string, environment: NodeJS.ProcessEnv): LocalConfiguration['providers'] {
  const parsed = configurationFile.safeParse(readJsonFile(file));
  if (!parsed.success) throw new ConfigurationError(`${file}:\n${z.prettifyError(parsed.error)}`);
  return Object.fromEntries(
    Object.entries(parsed.data.providers).map(([name, { credentialEnv, ...declaration }]) => {
      if (credentialEnv !== undefined && !environment[credentialEnv]) {
        throw new ConfigurationError(
          `${file}: provider "${name}" takes its credential from ${credentialEnv}, which is not set`,
        );
      }
      const [fault] = declarationFaults(declaration, { allowPrivate: true });
      if (fault !== undefined) {
        throw new ConfigurationError(`${file}: provider "${name}": ${fault.field} ${fault.message}`);
      }
      return [name, { declaration, credentialEnvironment: credentialEnv }];
    }),
  );
}

function readJsonFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigurationError(`--config: cannot read ${file} (${code})`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigurationError(`--config: ${file} is not valid JSON`);
  }
}
