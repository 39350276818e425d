import { ConfigurationError, readConfiguration, usage } from '../local/configuration.ts';
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
  const server = await startLocalServer(configuration, (line) =>
    output.write(`${terminal ? formatLogLine(line) : JSON.stringify(line)}\n`),
  );
  stopOnSignal(server);
  if (configuration.json) {
    const { proxyUrl, adminUrl, adminToken, apiKey } = server;
    process.stdout.write(`${JSON.stringify({ proxyUrl, adminUrl, adminToken, apiKey })}\n`);
  } else {
    process.stdout.write(greeting(server, configuration.dataFolder));
  }
}

function greeting(server: LocalServer, dataFolder: string): string {
  const returned =
    server.returnedHolds === 0
      ? ''
      : `\nReturned what an interrupted run had reserved on ${server.returnedHolds} meters.\n`;
  return `
Gatehouse is ready.

  Data plane     ${server.proxyUrl}
  Control plane  ${server.adminUrl}
  API key        ${server.apiKey}
  Admin token    ${server.adminToken}
  Organization   ${server.organization}, workspace ${server.workspace}
  Providers      ${server.providers.join(', ')}
  State          ${dataFolder}
${returned}
Paste this:

curl -N ${server.proxyUrl}/v1/chat/completions \\
  -H 'authorization: Bearer ${server.apiKey}' -H 'content-type: application/json' \\
  -d '{"model":"sim/echo","stream":true,"messages":[{"role":"user","content":"Hello from Gatehouse"}]}'

Manage it with npx gatehouse, for example: npx gatehouse usage --organization ${server.organization}

One line per request follows. Ctrl-C stops.

`;
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
