import { controlPlaneLines } from '../lambdas/telemetry/control-plane-lines.ts';
import { dataPlaneLines } from '../lambdas/telemetry/data-plane-lines.ts';
import { createLineWriter } from '../lambdas/telemetry/log-line.ts';
import { ConfigurationError, readConfiguration, usage } from '../local/configuration.ts';
import { greetingOf } from '../local/greeting.ts';
import { formatLogLine } from '../local/request-log.ts';
import { type LocalServer, startLocalServer } from '../local/server.ts';

/** `npm start`: see local/server.ts. */
async function main(): Promise<void> {
  const configuration = readConfiguration(process.argv.slice(2), process.env);
  if (configuration === 'help') {
    process.stdout.write(usage);
    return;
  }
  const terminal = !configuration.json && process.stdout.isTTY;
  const output = configuration.json ? process.stderr : process.stdout;
  const write = (text: string): unknown => output.write(text);
  const kinds = { ...dataPlaneLines, ...controlPlaneLines };
  const writeLine = createLineWriter(write, { kinds, metrics: false, now: () => Date.now() });
  const server = await startLocalServer(configuration, (line) =>
    terminal ? void write(`${formatLogLine(line)}\n`) : writeLine(line),
  );
  stopOnSignal(server);
  if (configuration.json) {
    const { proxyUrl, adminUrl, adminToken, apiKey } = server;
    process.stdout.write(`${JSON.stringify({ proxyUrl, adminUrl, adminToken, apiKey })}\n`);
  } else {
    process.stdout.write(greetingOf(server, configuration.dataFolder));
  }
}

function stopOnSignal(server: LocalServer): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    process.stderr.write('Stopping: requests under way may finish (Ctrl-C again to stop at once).\n');
    server.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: unknown) => {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
