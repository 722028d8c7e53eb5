import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { runProgram, WorkDirectory } from '@arpa2amqp/testkit';

// In a process of its own: libkrb5 reads the variable of libc, which is not that of Jest.
const PROGRAM = `
  import { identifierOf } from ${JSON.stringify(new URL('../dist/principals.js', import.meta.url).href)};
  const said = [];
  const identify = identifierOf({ realms: {}, service: { service: 'arpa2amqp', host: 'a.arpa2.test' } }, () => said.push('unknown'));
  try { said.push(identify('mallory@EVIL.ARPA2.TEST')); } catch (error) { said.push(error.code); }
  console.log(said.join(' '));`;

const folder = new WorkDirectory('arpa2-principals');
afterAll(() => folder.remove());

test.each([
  ['has a default_realm, is nobody', '[libdefaults]\n  default_realm = ARPA2.TEST\n', 'invalid-principal'],
  ['has a [domain_realm], is nobody', '[domain_realm]\n  .arpa2.test = ARPA2.TEST\n', 'invalid-principal'],
  [
    'names no realm, and the DNS does not either, is somebody, and that is told',
    '[libdefaults]\n  dns_lookup_realm = true\n',
    'unknown mallory@evil.arpa2.test',
  ],
])('who is of a realm below that of a host whose krb5.conf %s', async (_, text, said) => {
  const file = folder.file('krb5.conf');
  writeFileSync(file, text);
  const { stdout } = await runProgram(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    environment: { KRB5_CONFIG: file },
  });
  expect(stdout.trim()).toBe(said);
});
