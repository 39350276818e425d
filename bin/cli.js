#!/usr/bin/env node
import { existsSync } from 'node:fs';

// The repository has sources, which Node runs as they are. It strips no types below node_modules, so the package has them compiled.
const source = new URL('cli.ts', import.meta.url);
const compiled = new URL('../dist/package/bin/cli.js', import.meta.url);
await import((existsSync(source) ? source : compiled).href);
