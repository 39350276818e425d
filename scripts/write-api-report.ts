import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { compileLibrary } from './pack-library.ts';

const repositoryFolder = dirname(import.meta.dirname);
const declarations = join(repositoryFolder, 'dist/package/lib/index.d.ts');
const reportFile = 'gatehouse.api.md';
export const reportPath = join(repositoryFolder, 'docs/api', reportFile);

/** Every name and type of the public surface, as text, from the compiled declarations in `dist/package`. */
export async function describePublicSurface(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-api-'));
  try {
    const result = Extractor.invoke(configuration(folder), {
      localBuild: true,
      // Errors are printed; that a report was written is no news.
      messageCallback: (message) => {
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    if (!result.succeeded) throw new Error(`the declarations have ${result.errorCount} errors, printed above`);
    return await readFile(join(folder, reportFile), 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function configuration(reportFolder: string): ExtractorConfig {
  const silent = { logLevel: ExtractorLogLevel.None };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(repositoryFolder, 'package.json'),
    configObject: {
      projectFolder: repositoryFolder,
      mainEntryPointFilePath: declarations,
      compiler: {
        overrideTsconfig: {
          compilerOptions: { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, types: ['node'] },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: reportFile,
        reportFolder,
        reportTempFolder: join(reportFolder, 'temp'),
        // Schemas that types of settings are inferred from.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      // The report is about names and types. Docstrings follow the CDK's tags, which are not TSDoc's.
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: silent },
        tsdocMessageReporting: { default: silent },
      },
    },
  });
}

if (import.meta.main) {
  await compileLibrary();
  await mkdir(dirname(reportPath), { recursive: true });
  await writeFile(reportPath, await describePublicSurface());
}
