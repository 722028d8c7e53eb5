import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { withoutServices } from './services.mjs';
import { SetupError, inCi, say, sayLoudly } from './report.mjs';

/** What a package is needed for shows in `command`, or in `library` where no file has one place on every machine. */
const FOR_START = [
  { name: 'krb5-kdc', command: 'krb5kdc' },
  { name: 'krb5-admin-server', command: 'kadmin.local' },
  { name: 'krb5-user', command: 'kinit' },
  { name: 'libgssapi-krb5-2', library: 'libgssapi_krb5.so.2' },
  { name: 'knot', command: 'knotd' },
  { name: 'knot-dnsutils', command: 'kdig' },
];
const FOR_TEST = [
  ...FOR_START,
  { name: 'python3', file: '/usr/bin/python3' },
  { name: 'python3-gssapi' },
  { name: 'python3-qpid-proton' },
  { name: 'libkrb5-dev', file: '/usr/include/gssapi/gssapi.h' },
  { name: 'g++', command: 'g++' },
  { name: 'make', command: 'make' },
  { name: 'openssl', command: 'openssl' },
  { name: 'openssh-server', command: 'sshd' },
  { name: 'openssh-client', command: 'ssh' },
  { name: 'libnss-wrapper' },
  { name: 'slapd', command: 'slapd' },
];

const SEARCHED = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];

function isThere({ command, file, library }, libraries) {
  if (command !== undefined) return SEARCHED.some((folder) => existsSync(join(folder, command)));
  if (file !== undefined) return existsSync(file);
  return library !== undefined && libraries().includes(`${library} `);
}

function listLibraries() {
  return spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
}

function listInstalled(names) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  return new Set((stdout ?? '').split('\n').flatMap((line) => /^(\S+) installed$/.exec(line)?.slice(1) ?? []));
}

function findMissing(mode) {
  const unseen = (mode === 'start' ? FOR_START : FOR_TEST).filter((wanted) => !isThere(wanted, listLibraries));
  if (unseen.length === 0) return [];
  const names = unseen.map(({ name }) => name);
  const installed = listInstalled(names);
  return names.filter((name) => !installed.has(name));
}

async function isAgreed(command) {
  if (inCi || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`setup: missing Debian packages. Run "${command}"? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Quiet unless it fails: what dpkg says about a good installation is of no use here. */
function aptGet(...words) {
  const { status, stdout, stderr } = spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
  });
  if (status !== 0) process.stderr.write(`${stdout}${stderr}`);
  return status === 0;
}

async function install(names) {
  say(`installing Debian packages: ${names.join(' ')}`);
  if (!aptGet('update')) say('apt-get update failed, trying with the lists there are');
  let isInstalled = false;
  await withoutServices(names, () => {
    isInstalled = aptGet('install', '-y', '--no-install-recommends', ...names);
  });
  if (!isInstalled) throw new SetupError(`apt-get could not install ${names.join(' ')}, see above`);
}

export async function ensureDebianPackages(mode) {
  const missing = findMissing(mode);
  if (missing.length === 0) return;
  if (!existsSync('/etc/debian_version')) {
    sayLoudly(`these are missing (names of Debian packages): ${missing.join(' ')}`, 'install what holds them here');
    return;
  }
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() === 0 && (await isAgreed(command))) {
    await install(missing);
    return;
  }
  if (mode === 'start') throw new SetupError(`packages are missing; as root, run: ${command}`);
  sayLoudly(`packages are missing; as root, run: ${command}`, 'without them the tests that need them are skipped');
}
