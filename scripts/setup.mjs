/**
 * What `npm start` and `npm test` need before they can run: `node scripts/setup.mjs start|test`.
 *
 * No dependencies: this file runs before there is a node_modules. Says nothing when nothing is to be done; everything
 * it says goes to stderr.
 */
import { argv, exit, versions } from 'node:process';
import { ensureDebianPackages } from './setup/debian.mjs';
import { buildSources, ensureKerberosPeer, ensureNodeModules } from './setup/node-modules.mjs';
import { SetupError, say } from './setup/report.mjs';

const OLDEST_NODE = [20, 19];

function checkNode() {
  const [major, minor] = versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(`Node ${versions.node} is too old: install Node ${OLDEST_NODE.join('.')} or later`);
}

async function setUp(mode) {
  checkNode();
  await ensureDebianPackages(mode);
  ensureNodeModules();
  // `npm test` builds in `npm run verify`, after its format check
  if (mode === 'start') buildSources();
  else ensureKerberosPeer();
}

const mode = argv[2];
if (argv.length !== 3 || (mode !== 'start' && mode !== 'test')) {
  say('usage: node scripts/setup.mjs start|test');
  exit(2);
}
try {
  await setUp(mode);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  exit(1);
}
