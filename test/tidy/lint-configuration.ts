/**
 * Writes the table of layers out as the linter's configuration. An override replaces a root rule of the same name, so
 * every override is complete. A pattern that the linter cannot compile is dropped without a word (look-ahead is one),
 * so every pattern has a planted violation in `violations.ts`.
 */
import { bufferFile, clockFile, layers, machineFolder, phaseFile, type Layer } from './layers.ts';

type Rules = Record<string, unknown>;
interface Override {
  readonly files: readonly string[];
  readonly rules: Rules;
}

const folders = [...layers.map((layer) => layer.folder), machineFolder];

/** Reading time, waiting, randomness: handed in by the caller everywhere but in the clock and the random source. */
const timeGlobals = ['performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const pureGlobals = timeGlobals.concat(
  ['clearTimeout', 'clearInterval', 'clearImmediate', 'Date', 'process', 'Buffer', 'crypto', 'fetch'],
  ['console', 'WebSocket', 'globalThis', 'global'],
);

const restrictGlobals = (globals: readonly string[], why: string): unknown => [
  'error',
  { globals: globals.map((name) => ({ name, message: why })), checkGlobalObject: true },
];

const restrictProperties = (readsTime: boolean): unknown => [
  'error',
  { object: 'Math', property: 'random', message: 'Take a Random.' },
  ...(readsTime ? [] : [{ object: 'Date', property: 'now', message: 'Take a Clock.' }]),
];

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The part of a relative specifier that leads into a folder, whether it comes from src or from machines. */
const specifierPart = (folder: string): string => escaped(folder.replace(/^src\//, ''));

const foreignFolders = (layer: Layer): readonly string[] =>
  folders.filter((folder) => folder !== layer.folder && !layer.mayImport.includes(folder));

const layerPattern = (layer: Layer): unknown => ({
  regex: `(^|/)\\.\\./(src/)?(${foreignFolders(layer).map(specifierPart).join('|')})/`,
  message: `${layer.folder} may import from ${['src/errors.ts', ...layer.mayImport].join(', ')} only.`,
});

/** Entries are for users of the package; inside, a file is imported from where it stands. */
const entryPattern = { regex: '(^|/)index\\.ts$', message: 'Import the file itself, not an entry.' };
const testPattern = { regex: '(^|/)\\.\\./test/', message: 'Sources know nothing of the tests.' };

/** Gitignore order: everything that is neither relative nor named in the table. */
const packagePattern = (folder: string, packages: readonly string[]): unknown => ({
  group: ['*', '!./**', '!../**', ...packages.map((name) => `!${name}`)],
  message: `${folder} may import these packages only: ${packages.join(', ') || 'none'}.`,
});

const timerPattern = { group: ['node:timers', 'node:timers/*'], message: 'Take a Clock.' };

const importRule = (layer: Layer, packages: readonly string[], paths: readonly unknown[]): unknown => [
  'error',
  {
    paths,
    patterns: [
      layerPattern(layer),
      entryPattern,
      testPattern,
      ...(packages.includes('node:*') ? [timerPattern] : []),
      packagePattern(layer.folder, packages),
    ],
  },
];

const pureWhy = 'This folder is pure: no time, no input, no output.';

const pureRules: Rules = {
  'no-restricted-globals': restrictGlobals(pureGlobals, pureWhy),
  'no-restricted-properties': restrictProperties(false),
  'no-console': 'error',
  'oxc/no-async-await': 'error',
};

const edgeRules = (mayPrint: boolean): Rules => ({
  'no-restricted-globals': restrictGlobals(timeGlobals, 'Take a Clock.'),
  'no-restricted-properties': restrictProperties(false),
  'no-console': mayPrint ? 'off' : 'error',
});

const layerOverride = (layer: Layer): Override => ({
  files: [`${layer.folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': importRule(layer, layer.packages, []),
    ...(layer.isPure ? pureRules : edgeRules(layer.mayPrint ?? false)),
  },
});

const machineOverrides: readonly Override[] = [
  {
    files: [`${machineFolder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['*', '!xstate'],
              allowTypeImports: true,
              message:
                'A machine file imports values from xstate only, so that it opens alone in a visualizer.',
            },
          ],
        },
      ],
      ...pureRules,
    },
  },
  { files: [`${machineFolder}/index.ts`], rules: { 'no-restricted-imports': 'off' } },
];

const phaseOverride = (): Override => {
  const core = layers.find((layer) => layer.folder === 'src/core');
  if (core === undefined) throw new Error('the table has no row for src/core');
  const xstate = { name: 'xstate', allowImportNames: phaseFile.xstateNames, allowTypeImports: true };
  return {
    files: [phaseFile.path],
    rules: { 'no-restricted-imports': importRule(core, [...core.packages, 'xstate'], [xstate]) },
  };
};

const clockOverride: Override = {
  files: [clockFile],
  rules: {
    'no-restricted-globals': 'off',
    'no-restricted-properties': restrictProperties(true),
  },
};

const bufferOverride: Override = {
  files: [bufferFile],
  rules: {
    'no-restricted-globals': restrictGlobals(
      pureGlobals.filter((name) => name !== 'Buffer'),
      pureWhy,
    ),
  },
};

/** Open to all layers, so it stands on nothing. */
const errorsOverride: Override = {
  files: ['src/errors.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ group: ['*'], message: 'src/errors.ts imports nothing.' }] },
    ],
    ...pureRules,
  },
};

const rules: Rules = {
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-param-reassign': 'error',
  'import/no-cycle': ['error', { ignoreTypes: false }],
  'import/no-self-import': 'error',
  'import/no-default-export': 'error',
  'typescript/consistent-type-imports': ['error', { disallowTypeAnnotations: true }],
  'typescript/no-explicit-any': 'error',
  'typescript/no-floating-promises': 'error',
  'typescript/no-misused-promises': 'error',
  'typescript/await-thenable': 'error',
  'typescript/only-throw-error': 'error',
  'typescript/return-await': ['error', 'error-handling-correctness-only'],
  'typescript/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
  'promise/no-promise-in-callback': 'error',
  'unicorn/no-useless-promise-resolve-reject': 'error',
  'vitest/no-focused-tests': 'error',
  'vitest/valid-expect': ['error', { maxArgs: 2 }],
  'vitest/expect-expect': ['error', { assertFunctionNames: ['expect*', 'assert*', 'check*', 'fc.assert'] }],
};

const lintConfiguration = (): object => ({
  $schema: './node_modules/oxlint/configuration_schema.json',
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'promise', 'vitest'],
  categories: { correctness: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist/**', 'test/fixtures/**', 'test/flink/target/**'],
  rules,
  overrides: [
    errorsOverride,
    ...layers.map(layerOverride),
    phaseOverride(),
    clockOverride,
    bufferOverride,
    ...machineOverrides,
    { files: ['test/vitest.config.ts'], rules: { 'import/no-default-export': 'off' } },
  ],
});

/** The text of `.oxlintrc.json`. */
export const lintConfigurationText = (): string => `${JSON.stringify(lintConfiguration(), null, 2)}\n`;
