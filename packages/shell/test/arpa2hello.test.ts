import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { hostFor, loadShells } from '../src/index.js';
import { Probe } from './probe.js';

test('the example of an executable shell does what its README shows', async () => {
  const [manifest] = await loadShells([fileURLToPath(new URL('../../../shells/arpa2hello', import.meta.url))]);
  const host = await hostFor(manifest!);
  const probe = await Probe.open(host);
  expect(await probe.reply('greet in nl')).toEqual({
    headers_: [['Content-Language', 'nl']],
    greeting: 'Hallo, demo@arpa2.net!',
  });
  expect(await probe.reply('echo two words')).toEqual({ headers_: [], stdout_: 'two words\n' });
  expect(await probe.reply('count', { stdin: 'one\ntwo\n' })).toEqual({ lines: '2', words: '2', characters: '8' });
  const nobody = await Probe.open(host, { identity: '', principal: '', expires: null });
  expect(await nobody.reply('greet')).toEqual({
    stderr_: 'There is nobody to greet: you have no ticket\n',
    error_: { code: 'failed' },
  });
  expect(host.table.planLine(['greet', 'in', 'fr'])).toMatchObject({ ok: false, code: 'syntax' });
  await host.close();
});
