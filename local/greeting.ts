import type { LocalServer } from './server.ts';

type Greeted = Omit<LocalServer, 'close'>;

const defaultDataFolder = '.gatehouse';

/** What a person reads when `npm start` is ready: addresses, secrets of this machine, and lines to paste. */
export function greetingOf(server: Greeted, dataFolder: string): string {
  return `
Gatehouse is ready.

  Data plane     ${server.proxyUrl}
  Control plane  ${server.adminUrl}/admin/v1
  API key        ${server.apiKey}
  Admin token    ${server.adminToken}
  Organization   ${server.organization}, workspace ${server.workspace}
  Providers      ${server.providers.join(', ')}
  State          ${dataFolder}
${notesOf(server)}
Paste this:

curl -N ${server.proxyUrl}/v1/chat/completions \\
  -H 'authorization: Bearer ${server.apiKey}' -H 'content-type: application/json' \\
  -d '{"model":"sim/echo","stream":true,"messages":[{"role":"user","content":"Hello from Gatehouse"}]}'

Manage it from another terminal, in this folder:

npx gatehouse usage --organization ${server.organization}${folderFlag(dataFolder)}

One line per request follows. Ctrl-C stops.

`;
}

function notesOf({ replacedApiKey, returnedHolds }: Greeted): string {
  const notes = [
    ...(replacedApiKey ? ['The API key is new: the one before is revoked, or of an earlier release.'] : []),
    ...(returnedHolds > 0 ? [`Returned what an interrupted run had reserved on ${returnedHolds} meters.`] : []),
  ];
  return notes.map((note) => `\n${note}\n`).join('');
}

/** The command line looks into the default folder by itself. */
function folderFlag(dataFolder: string): string {
  if (dataFolder === defaultDataFolder) return '';
  const quoted = /^[\w./-]+$/.test(dataFolder) ? dataFolder : `'${dataFolder.replaceAll("'", String.raw`'\''`)}'`;
  return ` --data-dir ${quoted}`;
}
