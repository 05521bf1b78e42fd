/** What `layers.test.ts` plants: one file for each thing the linter must refuse, and one for what it must accept. */
import { bufferFile, layers, phaseFile } from './layers.ts';

export interface Plant {
  readonly path: string;
  readonly source: string;
  readonly what: string;
}

export interface Violation extends Plant {
  /** The linter's code for the finding. */
  readonly rule: string;
}

const imports = 'eslint(no-restricted-imports)';
const globals = 'eslint(no-restricted-globals)';
const properties = 'eslint(no-restricted-properties)';

const pureFolders = ['machines', ...layers.filter((layer) => layer.isPure).map((layer) => layer.folder)];

/** Every folder but the topmost may not import from the one above all others. */
const upwardImports: readonly Violation[] = layers
  .filter(({ folder }) => folder !== 'src/cli')
  .map(({ folder }) => ({
    path: `${folder}/upward.ts`,
    source: "import type { Main } from '../cli/main.ts';\nexport type Upward = Main;",
    rule: imports,
    what: 'an import from a layer above',
  }));

const deepImports: readonly Violation[] = [
  {
    path: 'src/core/facts/deep.ts',
    source: "export { append } from '../../journal/journal.ts';",
    rule: imports,
    what: 'a re-export from a layer above, one folder down',
  },
  {
    path: 'src/journal/dynamic.ts',
    source: "export const load = () => import('../runtime/clock.ts');",
    rule: imports,
    what: 'a dynamic import from a layer above',
  },
  {
    path: 'src/state/import-type.ts',
    source: "export type Journal = import('../journal/journal.ts').Journal;",
    rule: 'typescript(consistent-type-imports)',
    what: 'an import hidden in a type annotation',
  },
  {
    path: 'src/cli/entry.ts',
    source: "export { open } from '../index.ts';",
    rule: imports,
    what: 'the public entry inside src',
  },
  {
    path: 'src/cli/test.ts',
    source: "export { fixture } from '../../test/fixture.ts';",
    rule: imports,
    what: 'a test imported by a source',
  },
];

const inPureFolders = (name: string, source: string, rule: string, what: string): readonly Violation[] =>
  pureFolders.map((folder) => ({
    path: `${folder}/${name}.ts`,
    source,
    rule,
    what: `${what} in a pure folder`,
  }));

const impurities: readonly Violation[] = [
  ...inPureFolders('node', "import { readFile } from 'node:fs';\nexport { readFile };", imports, 'node:fs'),
  ...inPureFolders('stream', "import { Subject } from 'rxjs';\nexport { Subject };", imports, 'rxjs'),
  ...inPureFolders('now', 'export const now = () => Date.now();', globals, 'Date'),
  ...inPureFolders('timer', 'export const later = () => setTimeout(later, 1);', globals, 'a timer'),
  ...inPureFolders('chance', 'export const chance = () => Math.random();', properties, 'Math.random'),
  ...['performance', 'process', 'Buffer', 'crypto', 'fetch', 'console', 'globalThis'].flatMap((name) =>
    inPureFolders(name.toLowerCase(), `export const it = ${name};`, globals, name),
  ),
  ...inPureFolders('wait', 'export const wait = async () => 1;', 'oxc(no-async-await)', 'async'),
];

const packages: readonly Violation[] = [
  {
    path: bufferFile,
    source: 'export const it = process;',
    rule: globals,
    what: 'process in the file that may name Buffer',
  },
  {
    path: 'machines/value.ts',
    source: "import { slot } from '../src/state/ids.ts';\nexport { slot };",
    rule: imports,
    what: 'a value from elsewhere in a machine file',
  },
  {
    path: 'machines/sibling.ts',
    source: "import { jobMachine } from './job.ts';\nexport { jobMachine };",
    rule: imports,
    what: 'another machine in a machine file',
  },
  {
    path: 'src/core/live.ts',
    source: "import { transition } from 'xstate';\nexport { transition };",
    rule: imports,
    what: 'xstate in the core outside its phase file',
  },
  {
    path: phaseFile.path,
    source: "import { fromCallback } from 'xstate';\nexport { fromCallback };",
    rule: imports,
    what: 'actor logic in the phase file',
  },
  {
    path: 'src/runtime/commander.ts',
    source: "import { Command } from 'commander';\nexport { Command };",
    rule: imports,
    what: 'the command-line library below the command line',
  },
  {
    path: 'src/journal/sleep.ts',
    source: "import { setTimeout as sleep } from 'node:timers/promises';\nexport { sleep };",
    rule: imports,
    what: "Node's timers where a clock is handed in",
  },
  {
    path: 'src/errors.ts',
    source: "import type { Slot } from './state/ids.ts';\nexport type It = Slot;",
    rule: imports,
    what: 'an import in the file that is open to all',
  },
];

const timeAtTheEdges: readonly Violation[] = [
  {
    path: 'src/storage/now.ts',
    source: 'export const now = () => Date.now();',
    rule: properties,
    what: 'Date.now outside the clock',
  },
  {
    path: 'src/tasks/timer.ts',
    source: 'export const later = () => setTimeout(later, 1);',
    rule: globals,
    what: 'a timer outside the clock',
  },
  {
    path: 'src/simulation/chance.ts',
    source: 'export const chance = () => Math.random();',
    rule: properties,
    what: 'Math.random outside the random source',
  },
];

const cycle: readonly Violation[] = [
  { path: 'src/examples/hen.ts', source: "import { egg } from './egg.ts';\nexport const hen = () => egg;" },
  { path: 'src/examples/egg.ts', source: "import { hen } from './hen.ts';\nexport const egg = () => hen;" },
  {
    path: 'src/metadata/day.ts',
    source: "import type { Night } from './night.ts';\nexport type Day = Night[];",
  },
  {
    path: 'src/metadata/night.ts',
    source: "import type { Day } from './day.ts';\nexport type Night = Day[];",
  },
].map((file) => ({ ...file, rule: 'import(no-cycle)', what: 'a cycle of imports' }));

const typeAware: readonly Violation[] = [
  {
    path: 'src/cli/floating.ts',
    source: 'export const start = () => {\n  Promise.resolve(1);\n};',
    rule: 'typescript(no-floating-promises)',
    what: 'a floating promise',
  },
  {
    path: 'src/cli/exhaustive.ts',
    source:
      "export const of = (kind: 'a' | 'b') => {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 0;\n};",
    rule: 'typescript(switch-exhaustiveness-check)',
    what: 'a switch that forgets a member',
  },
];

export const violations: readonly Violation[] = [
  ...upwardImports,
  ...deepImports,
  ...impurities,
  ...packages,
  ...timeAtTheEdges,
  ...cycle,
  ...typeAware,
];

export const permittedFiles: readonly Plant[] = [
  ...layers.map(({ folder, mayImport }) => ({
    path: `${folder}/permitted.ts`,
    source: [
      "import { invariant } from '../errors.ts';",
      ...mayImport.map((target, i) => {
        const start = target.startsWith('src/') ? target.replace('src/', '../') : `../../${target}`;
        return `import { value as value${i} } from '${start}/any.ts';`;
      }),
      `export const all = [invariant, ${mayImport.map((_target, i) => `value${i}`).join(', ')}];`,
    ].join('\n'),
    what: 'all imports the table allows',
  })),
  {
    path: 'src/cli/main.ts',
    source: "export type { Main } from './run/main.ts';\nconsole.log(new Date(0).toISOString());",
    what: 'printing and a date from a number in the command line',
  },
  {
    path: 'src/runtime/clock.ts',
    source: 'export const clock = { now: () => Date.now(), monotonic: () => performance.now() };',
    what: 'reading time in the clock',
  },
  {
    path: 'machines/job.ts',
    source:
      "import type { Slot } from '../src/state/ids.ts';\nimport { setup } from 'xstate';\nexport const job = (_slot: Slot) => setup({});",
    what: 'xstate and types in a machine file',
  },
  {
    path: 'src/core/evolve.ts',
    source:
      "import { produce } from 'immer';\nimport { phaseOf } from './phase.ts';\nexport { phaseOf, produce };",
    what: 'immer and siblings in the core',
  },
];
