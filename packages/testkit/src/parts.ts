import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { findProgram } from './programs.js';

/** A real part that tests, demo and benchmarks run against. */
export type Part = 'krb5kdc' | 'knotd' | 'python-peers' | 'kerberos-npm-build' | 'rabbitmq' | 'slapd' | 'sshd';

interface PartNeeds {
  readonly package: string;
  readonly isPresent: () => boolean;
}

const program = (name: string, debianPackage: string): PartNeeds => ({
  package: debianPackage,
  isPresent: () => findProgram(name) !== null,
});

const pythonModule = (name: string, debianPackage: string): PartNeeds => ({
  package: debianPackage,
  // Debian's own interpreter: another python3 earlier in PATH does not see Debian's modules.
  isPresent: () => spawnSync('/usr/bin/python3', ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0,
});

const library = (name: string, debianPackage: string): PartNeeds => ({
  package: debianPackage,
  isPresent: () =>
    ['/usr/lib', '/lib', '/usr/lib64', ...['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu`)].some(
      (folder) => existsSync(`${folder}/${name}`),
    ),
});

const NEEDS: Readonly<Record<Part, readonly PartNeeds[]>> = {
  krb5kdc: [
    program('krb5kdc', 'krb5-kdc'),
    program('kdb5_util', 'krb5-kdc'),
    program('kadmin.local', 'krb5-admin-server'),
    program('kinit', 'krb5-user'),
    library('libgssapi_krb5.so.2', 'libgssapi-krb5-2'),
  ],
  knotd: [program('knotd', 'knot'), program('kdig', 'knot-dnsutils')],
  'python-peers': [pythonModule('gssapi', 'python3-gssapi'), pythonModule('proton', 'python3-qpid-proton')],
  'kerberos-npm-build': [library('libgssapi_krb5.so', 'libkrb5-dev')],
  slapd: [program('slapd', 'slapd'), program('slapadd', 'slapd'), program('openssl', 'openssl')],
  sshd: [
    program('sshd', 'openssh-server'),
    program('ssh', 'openssh-client'),
    library('libnss_wrapper.so', 'libnss-wrapper'),
  ],
  rabbitmq: [program('rabbitmq-server', 'rabbitmq-server')],
};

const known = new Map<Part, readonly string[]>();

/** Debian packages that must be installed before these parts can run; empty when all are there. */
export function missingPackages(...parts: readonly Part[]): readonly string[] {
  const missing = parts.flatMap((part) => {
    let packages = known.get(part);
    if (packages === undefined) {
      packages = NEEDS[part].filter((need) => !need.isPresent()).map((need) => need.package);
      known.set(part, packages);
    }
    return packages;
  });
  return [...new Set(missing)];
}

/**
 * For programs (demo, benchmarks): insists on real parts.
 * @throws Error that says which Debian packages to install.
 */
export function requireParts(...parts: readonly Part[]): void {
  const missing = missingPackages(...parts);
  if (missing.length > 0) throw new Error(lacking(parts, missing));
}

interface TestGlobals {
  readonly describe: { (name: string, body: () => void): void; skip: (name: string, body: () => void) => void };
  readonly test: (name: string, body: () => void) => void;
}

/**
 * A `describe` for tests that need real parts. Where one is missing, the tests are skipped with a loud line on stderr on a developer's
 * machine, and fail where `CI=true`: a CI run that tested nothing must not be green.
 */
export function describeWith(parts: readonly Part[], name: string, body: () => void): void {
  const { describe, test } = globalThis as unknown as TestGlobals;
  const missing = missingPackages(...parts);
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const reason = lacking(parts, missing);
  if (process.env['CI'] === 'true') {
    describe(name, () =>
      test('has its real parts', () => {
        throw new Error(reason);
      }),
    );
    return;
  }
  process.stderr.write(`\n*** SKIPPED: ${name}. ${reason}\n\n`);
  describe.skip(name, body);
}

function lacking(parts: readonly Part[], missing: readonly string[]): string {
  return `Running ${parts.join(', ')} needs Debian packages that are not installed: run "apt-get install ${missing.join(' ')}"`;
}
