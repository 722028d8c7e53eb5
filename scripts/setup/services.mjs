/**
 * Debian's packages start and enable the services they bring. The project runs every daemon itself, in a private
 * folder and on a free port, so nothing of the machine's own is wanted: a policy-rc.d keeps services from being
 * started during the installation, and what was enabled for the next boot is disabled after it.
 *
 * Services of packages that were there before are never touched.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SetupError, say } from './report.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const SAVED = `${POLICY}.before-arpa2amqp`;
const MARK = '# Made by arpa2amqp for the time of one installation; safe to remove';

function isOurs(file) {
  return existsSync(file) && readFileSync(file, 'utf8').includes(MARK);
}

function restorePolicy() {
  if (isOurs(POLICY)) rmSync(POLICY);
  if (existsSync(SAVED)) renameSync(SAVED, POLICY);
}

function denyStarts() {
  restorePolicy(); // one left behind by a run that was killed
  if (existsSync(POLICY)) renameSync(POLICY, SAVED);
  writeFileSync(POLICY, `#!/bin/sh\n${MARK}\nexit 101\n`, { mode: 0o755 });
}

function listServices(names) {
  const { stdout } = spawnSync('dpkg-query', ['-L', ...names], { encoding: 'utf8' });
  const units = (stdout ?? '').matchAll(/\/(?:lib\/systemd\/system\/([\w-]+)\.service|etc\/init\.d\/([\w-]+))$/gm);
  return [...new Set([...units].map(([, unit, script]) => unit ?? script))];
}

/** update-rc.d disables for systemd and for System V alike, and works where neither is running. */
function disable(service) {
  if (spawnSync('update-rc.d', [service, 'disable'], { stdio: 'ignore' }).status !== 0) {
    say(`the service ${service} could not be disabled; it would start with the next boot`);
  }
}

/** Runs `installPackages`, which may install `names`, and leaves none of their services running or enabled. */
export async function withoutServices(names, installPackages) {
  let interrupted = false;
  // the installation gets the signal too and decides for itself; the policy must be put back in any case
  const onSignal = () => (interrupted = true);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, onSignal);
  denyStarts();
  try {
    installPackages();
  } finally {
    restorePolicy();
    for (const service of listServices(names)) disable(service);
    await nextTurn(); // a signal that came during the synchronous calls is told only now
    for (const signal of signals) process.off(signal, onSignal);
  }
  if (interrupted) throw new SetupError('interrupted');
}
