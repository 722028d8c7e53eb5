import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { SetupError, inCi, say, sayLoudly } from './report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inRoot = (...names) => join(root, ...names);

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * npm leaves a copy of what it installed in node_modules/.package-lock.json, written last: a better stamp than a date,
 * since it is right after `npm install` too and absent after an interrupted one.
 */
function nodeModulesAreCurrent() {
  const installed = readPackages(inRoot('node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  return Object.entries(readPackages(inRoot('package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true; // made for another platform
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * Not `npm ci`: it refuses a lock file without the optional packages made for other platforms, which npm leaves out
 * where the registry at hand does not serve them. `--no-save` leaves the lock file alone; that all of it is in place is
 * checked afterwards.
 */
export function ensureNodeModules() {
  if (nodeModulesAreCurrent()) return;
  say('installing the npm packages of package-lock.json');
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-progress', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new SetupError('npm install failed, see above; is the npm registry reachable?');
  if (!nodeModulesAreCurrent()) {
    throw new SetupError(
      'npm installed something else than package-lock.json says: run npm install and look at the change',
    );
  }
}

export function buildSources() {
  const { status } = spawnSync(execPath, [inRoot('node_modules/typescript/bin/tsc'), '--build'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new SetupError('the build failed, see above');
  linkPrograms();
}

/** For npx: npm itself links the programs of a workspace only if they are there, but they are built after it has run. */
function linkPrograms() {
  const folder = inRoot('node_modules', '.bin');
  mkdirSync(folder, { recursive: true });
  for (const [path, { bin }] of Object.entries(readPackages(inRoot('package-lock.json')))) {
    if (bin === undefined || path.includes('node_modules')) continue;
    for (const [name, file] of Object.entries(bin)) {
      chmodSync(inRoot(path, file), 0o755);
      if (existsSync(join(folder, name))) continue;
      rmSync(join(folder, name), { force: true }); // a link to a program that is gone
      symlinkSync(relative(folder, inRoot(path, file)), join(folder, name));
    }
  }
}

/** Where node-gyp finds node_api.h without a download: beside this Node, else in Debian's place. */
function findNodeHeaders() {
  const beside = dirname(dirname(realpathSync(execPath)));
  return [beside, '/usr'].find((prefix) => existsSync(join(prefix, 'include/node/node_api.h')));
}

/** The one dependency with native code that must be compiled, an independent GSS peer for tests: docs/adr/0006. */
export function ensureKerberosPeer() {
  if (existsSync(inRoot('node_modules/kerberos/build/Release/kerberos.node'))) return;
  say('compiling the test peer, the npm package kerberos');
  const headers = findNodeHeaders();
  const { status, stdout, stderr, error } = spawnSync('npm', ['rebuild', 'kerberos', '--ignore-scripts=false'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 300_000,
    env: {
      ...process.env,
      npm_config_build_from_source: 'true',
      ...(headers === undefined ? {} : { npm_config_nodedir: headers }),
    },
  });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}`);
  const what = `kerberos did not compile (${error?.message ?? `npm rebuild ended with status ${status}`})`;
  if (inCi) throw new SetupError(what);
  sayLoudly(what, 'the tests that use it as a peer are skipped');
}
