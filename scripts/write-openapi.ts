import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../lambdas/control-plane/admin/openapi.ts';

/** `npm run openapi`: writes docs/openapi.json. A test fails while the file is not what the contract says. */
const file = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
await writeFile(file, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
