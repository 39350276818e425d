import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLocalKeyWrapper } from '../lambdas/crypto/local-key-wrapper.ts';
import { createDataPlane } from '../lambdas/data-plane/handle.ts';
import { answerMalformedRequests } from '../lambdas/http/malformed-request.ts';
import { createNodeAdapter, type NodeAdapter } from '../lambdas/http/node-adapter.ts';
import { createUpstreamClient } from '../lambdas/routing/upstream.ts';
import { iterateOrganizations } from '../lambdas/store/control/organization.ts';
import type { DocumentTable } from '../lambdas/store/document.ts';
import { sweepMeters } from '../lambdas/store/meter.ts';
import { createLogger, type LogLine } from '../lambdas/telemetry/logger.ts';
import { createTraceExporter, type TraceExporter } from '../lambdas/telemetry/trace-exporter.ts';
import { createAdminListener } from './admin-listener.ts';
import { ConfigurationError, type LocalConfiguration } from './configuration.ts';
import { type LocalControlPlane, startLocalControlPlane } from './control-plane.ts';
import { openDataFolder } from './data-folder.ts';
import { prepareGracefulClose } from './graceful-close.ts';
import type { Seeded } from './seed.ts';
import { startSimulatedProvider } from './simulated-provider.ts';
import { openLocalStore } from './store.ts';
import { createUsageFeed, type UsageFeed } from './usage-feed.ts';

export interface LocalServer extends Seeded {
  readonly proxyUrl: string;
  readonly adminUrl: string;
  readonly adminToken: string;
  /** Holds that a killed process had left behind and this start returned: the number of meters that had some. */
  readonly returnedHolds: number;
  /** Lets requests under way finish (at most 10 s), then closes everything. */
  close(): Promise<void>;
}

/** How long a slow sender is waited for before it is cut off. */
export interface Patience {
  /** Until the last header is there. */
  readonly headersMs: number;
  /** From then until the last byte of the body is there. */
  readonly bodyMs: number;
}

const defaultPatience: Patience = { headersMs: 20_000, bodyMs: 30_000 };
const requestMs = 15 * 60_000;
const region = 'local';

/**
 * The composition root of a laptop: the same handlers as in AWS, over `node:http`, with an embedded store and a local key
 * wrapper. There is no second code path.
 *
 * @throws ConfigurationError for what its user can mend: a taken port, an unusable or locked data folder.
 */
export async function startLocalServer(
  configuration: LocalConfiguration,
  log: (line: LogLine) => void,
  patience: Patience = defaultPatience,
): Promise<LocalServer> {
  const folder = openDataFolder(configuration.dataFolder);
  const keyWrapper = createLocalKeyWrapper(folder.keyEncryptionKey());
  const database = await openLocalStore(folder.databasePath, region);
  const { store, tables } = database;
  const simulated = await startSimulatedProvider();
  const upstream = createUpstreamClient({ allowPrivateAddresses: true });
  const closeServers: (() => Promise<void>)[] = [];
  let adapter: NodeAdapter | undefined;
  let feed: UsageFeed | undefined;
  let controlPlane: LocalControlPlane | undefined;
  let traces: TraceExporter | undefined;
  const now = (): number => Date.now();
  const logger = createLogger(log);
  const closeAll = async (): Promise<void> => {
    await Promise.all(closeServers.map((close) => close()));
    await adapter?.whenIdle();
    await controlPlane?.stop();
    await feed?.whenFed();
    upstream.close();
    traces?.close();
    await simulated.close();
    await database.close();
  };

  try {
    // The database is ours alone, so nothing is in flight: whatever is still held belongs to a process that is gone.
    const returnedHolds = await sweepMeters({ store, table: tables.meter }, Infinity);
    controlPlane = await startLocalControlPlane({
      store,
      tables,
      region,
      keyGenerator: keyWrapper.generator,
      folder,
      configuration,
      simulatedProviderUrl: simulated.url,
      logger,
      now,
    });
    feed = createUsageFeed({ store, tables, logger, now });
    await feed.catchUp(await organizationIds({ store, table: tables.control }));
    const endpoint = configuration.tracesEndpoint;
    if (endpoint !== undefined) traces = createTraceExporter({ endpoint, logger, now });
    const handle = createDataPlane({
      store: feed.store,
      tables,
      keyUnwrapper: keyWrapper.unwrapper,
      upstream,
      logger,
      ...(traces !== undefined && { traces }),
      region,
      now,
    });
    const listen = async (listener: RequestListener, port: number, option: string): Promise<string> => {
      const server = createServer({ ...serverOptions(patience), keepAliveTimeout: 65_000, noDelay: true }, listener);
      closeServers.push(prepareGracefulClose(server));
      answerMalformedRequests(server, now);
      return listenOn(server, port, option);
    };
    adapter = createNodeAdapter(handle, { now, requestMs, bodyMs: patience.bodyMs });
    const proxyUrl = await listen(adapter.listener, configuration.port, '--port');
    const adminUrl = await listen(
      createAdminListener(controlPlane.createApp(proxyUrl)),
      configuration.adminPort,
      '--admin-port',
    );
    folder.write('admin-url', adminUrl);
    const { createApp: _, stop: __, ...seeded } = controlPlane;
    return { ...seeded, proxyUrl, adminUrl, returnedHolds, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function organizationIds(control: DocumentTable): Promise<string[]> {
  const ids: string[] = [];
  for await (const { value } of iterateOrganizations(control)) ids.push(value.id);
  return ids;
}

/**
 * Node's own request timeout would answer without our envelope, and zero for it means zero for the headers as well unless they
 * have a timeout of their own.
 */
function serverOptions({ headersMs }: Patience): ServerOptions {
  return { requestTimeout: 0, headersTimeout: headersMs, connectionsCheckingInterval: Math.min(headersMs, 5_000) };
}

function listenOn(server: Server, port: number, option: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be used (${error.code})`;
      reject(new ConfigurationError(`Port ${port} ${reason}. Choose another one with ${option}.`));
    });
    server.listen(port, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}
