// Older Nodes cannot read the sources, so this one file is written for all of them.
'use strict';
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    'Tidemark needs Node 24 or newer; this is ' +
      process.version +
      ' (on Linux x64 and arm64 `npm ci` brings it; elsewhere, install it first).',
  );
  process.exit(1);
}
