import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `npm run build` puts one folder per function. */
const builtBundles = fileURLToPath(new URL('../../dist/lambdas', import.meta.url));

/** Folder of one function's bundle, in `bundlesPath` or else where the build put it. */
export function bundlePath(name: string, bundlesPath: string = builtBundles): string {
  return join(bundlesPath, name);
}
