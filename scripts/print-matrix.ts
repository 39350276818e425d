import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { failures, matrixDocument } from '../test/contract/matrix-document.ts';
import { judgeAll } from '../test/contract/matrix.ts';

/** `npm run matrix`: prints what translates into what, and writes docs/translation-matrix.md unless a cell fails. */
const file = fileURLToPath(new URL('../docs/translation-matrix.md', import.meta.url));
const cells = judgeAll();
const page = matrixDocument(cells);
const failed = failures(cells);
process.stdout.write(page);
for (const failure of failed) process.stderr.write(`${failure}\n`);
if (failed.length === 0) await writeFile(file, page);
else process.exitCode = 1;
