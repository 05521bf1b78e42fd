/**
 * The layers of the project and what each may import: the one table behind `.oxlintrc.json`.
 *
 * `npm run lint:generate` writes the linter's configuration from it; `layers.test.ts` plants a violation per folder.
 */

/** A folder whose files obey one set of import rules. */
export interface Layer {
  /** From the root of the project. */
  readonly folder: string;
  /** Folders of other layers it may import from; `src/errors.ts` is open to all. */
  readonly mayImport: readonly string[];
  /** Packages it may import, subpaths named; `node:*` stands for all of Node's own modules. */
  readonly packages: readonly string[];
  /** No input or output, no time, no randomness, nothing asynchronous. */
  readonly isPure: boolean;
  /** May write to the terminal. */
  readonly mayPrint?: boolean;
}

const pure = { isPure: true } as const;
const edge = { isPure: false } as const;

const belowCore = ['src/state', 'src/metadata', 'src/retention', 'machines'];
const belowRuntime = [...belowCore, 'src/core', 'src/stats', 'src/journal', 'src/storage', 'src/tasks'];
const belowExamples = [...belowRuntime, 'src/runtime', 'src/simulation'];

export const layers: readonly Layer[] = [
  { folder: 'src/state', mayImport: [], packages: [], ...pure },
  { folder: 'src/metadata', mayImport: ['src/state', 'machines'], packages: [], ...pure },
  { folder: 'src/retention', mayImport: ['src/state', 'machines'], packages: [], ...pure },
  { folder: 'src/core', mayImport: belowCore, packages: ['immer'], ...pure },
  { folder: 'src/stats', mayImport: [...belowCore, 'src/core'], packages: ['immer'], ...pure },
  { folder: 'src/journal', mayImport: [...belowCore, 'src/core'], packages: ['node:*', 'rxjs'], ...edge },
  { folder: 'src/storage', mayImport: [...belowCore, 'src/core'], packages: ['node:*', 'rxjs'], ...edge },
  {
    folder: 'src/tasks',
    mayImport: [...belowCore, 'src/core', 'src/storage'],
    packages: ['node:*', 'rxjs'],
    ...edge,
  },
  {
    folder: 'src/runtime',
    mayImport: belowRuntime,
    packages: ['node:*', 'rxjs', 'immer', 'xstate'],
    ...edge,
  },
  {
    folder: 'src/simulation',
    mayImport: [...belowRuntime, 'src/runtime'],
    packages: ['node:*', 'rxjs', 'immer', 'xstate'],
    ...edge,
  },
  {
    folder: 'src/examples',
    mayImport: belowExamples,
    packages: ['node:*', 'rxjs', 'xstate'],
    ...edge,
    mayPrint: true,
  },
  {
    folder: 'src/cli',
    mayImport: [...belowExamples, 'src/examples'],
    packages: ['node:*', 'rxjs', 'xstate', 'commander'],
    ...edge,
    mayPrint: true,
  },
];

/** The machine files: values from xstate alone, so that each opens by itself in a visualizer; types from anywhere. */
export const machineFolder = 'machines';

/** The one file of the core that asks a chart for its next state, and what it may ask. */
export const phaseFile = {
  path: 'src/core/phase.ts',
  // An actor that is started and stopped at once is the only way to a persisted snapshot with its children.
  xstateNames: ['createActor'],
};

/** The one file that reads the machine's time. */
export const clockFile = 'src/runtime/clock.ts';

/** The one file of the pure folders that makes Node's `Buffer`: texts become bytes and back by it. */
export const bufferFile = 'src/metadata/byte-buffer.ts';
