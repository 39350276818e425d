import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { permissionDocument } from '../test/lib/permissions/permission-document.ts';

/** `npm run permissions`: writes docs/permissions.md. A test fails while the page is not what the templates come to. */
const file = fileURLToPath(new URL('../docs/permissions.md', import.meta.url));
await writeFile(file, permissionDocument());
