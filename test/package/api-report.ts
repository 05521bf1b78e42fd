/** The public types of each entry of the package, as text to review: written by API Extractor from the declarations. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel, type IConfigFile } from '@microsoft/api-extractor';

/** The options the declarations are read with; they were written by the project's own compiler. */
const compilerOptions = {
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'esnext',
  lib: ['esnext'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noEmit: true,
};

const logLevel = ExtractorLogLevel.None;
const silent = { default: { logLevel, addToApiReportFile: false } };

const configuration = (packageFolder: string, declarations: string, reportFolder: string): IConfigFile => ({
  projectFolder: packageFolder,
  mainEntryPointFilePath: declarations,
  newlineKind: 'lf',
  compiler: { overrideTsconfig: { compilerOptions, files: [declarations] } },
  apiReport: {
    enabled: true,
    reportFileName: 'entry',
    reportFolder,
    reportTempFolder: join(reportFolder, 'temp'),
  },
  docModel: { enabled: false },
  dtsRollup: { enabled: false },
  tsdocMetadata: { enabled: false },
  messages: {
    extractorMessageReporting: {
      ...silent,
      'ae-forgotten-export': { logLevel, addToApiReportFile: true },
    },
    compilerMessageReporting: silent,
    tsdocMessageReporting: silent,
  },
});

/**
 * The report of one entry of a built package.
 *
 * @param packageFolder holds `package.json`, the build and `node_modules`.
 * @param declarations the entry's `.d.ts`, absolute.
 * @param reportFolder an empty folder to write to.
 */
export const apiReport = (packageFolder: string, declarations: string, reportFolder: string): string => {
  mkdirSync(join(reportFolder, 'temp'), { recursive: true });
  const extractorConfig = ExtractorConfig.prepare({
    configObject: configuration(packageFolder, declarations, reportFolder),
    configObjectFullPath: undefined,
    packageJsonFullPath: join(packageFolder, 'package.json'),
  });
  Extractor.invoke(extractorConfig, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
  return readFileSync(join(reportFolder, 'entry.api.md'), 'utf8');
};
