/** `node test/tidy/generate.ts lint|errors`: writes a generated file anew. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorsPage } from './errors-page.ts';
import { lintConfigurationText } from './lint-configuration.ts';

const targets: Record<string, { readonly path: string; readonly text: () => string }> = {
  lint: { path: '.oxlintrc.json', text: lintConfigurationText },
  errors: { path: 'docs/reference/errors.md', text: errorsPage },
};

const target = targets[process.argv[2] ?? ''];
if (target === undefined) {
  console.error(`usage: node test/tidy/generate.ts ${Object.keys(targets).join('|')}`);
  process.exitCode = 1;
} else {
  mkdirSync(dirname(target.path), { recursive: true });
  writeFileSync(target.path, target.text());
  console.log(`wrote ${target.path}`);
}
