/** `npm run bench -- NAME`: the benches by name. Each prints its figures and fails when its shape is broken. */
import { benchAcks } from './acks.ts';
import { benchMetadata } from './metadata.ts';

const benches: Readonly<Record<string, () => Promise<boolean>>> = {
  acks: benchAcks,
  metadata: benchMetadata,
};

const names = process.argv.slice(2);
const chosen = names.length === 0 ? Object.keys(benches) : names;
let failed = 0;
for (const name of chosen) {
  const bench = benches[name];
  if (bench === undefined) {
    console.error(`no bench ${JSON.stringify(name)}; there are: ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  if (!(await bench())) failed++;
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
