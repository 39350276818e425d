import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { costOf, settingsInReadme, withReports } from '../test/cli/cost-assembly.ts';

/** `npm run cost`: writes the reports of `gatehouse cost` into README.md. A test fails while they are not what the command prints. */
const file = fileURLToPath(new URL('../README.md', import.meta.url));
const reports: string[] = [];
for (const settings of settingsInReadme) reports.push(await costOf(settings));
await writeFile(file, withReports(await readFile(file, 'utf8'), reports));
