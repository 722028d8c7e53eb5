import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { describeWith, isListening, SlapdServer, waitUntil } from '@arpa2amqp/testkit';

const portOf = (url: string): number => Number(new URL(url).port);

describeWith(['slapd'], 'a throw-away directory server', () => {
  test('is private, can go away and come back, and leaves nothing', async () => {
    const slapd = await SlapdServer.start();
    expect(statSync(slapd.directory).mode & 0o777).toBe(0o700);
    expect(statSync(slapd.passwordFile).mode & 0o777).toBe(0o600);
    expect(slapd.freshBase()).not.toBe(slapd.freshBase());
    const ports = [portOf(slapd.tcpUrl), portOf(slapd.tlsUrl)];
    await slapd.stop();
    for (const port of ports) expect(await isListening(port)).toBe(false);
    await slapd.restart();
    expect([portOf(slapd.tcpUrl), portOf(slapd.tlsUrl)]).toEqual(ports);
    const { pid } = slapd;
    slapd.pause();
    await slapd.kill();
    await waitUntil(() => !existsSync(`/proc/${pid}`), {
      what: 'the end of a slapd that was killed while it was paused',
    });
    expect(() => slapd.pid).toThrow(/slapd failed: it is stopped/);
    await slapd.restart();
    expect(slapd.pid).not.toBe(pid);
    await slapd.close();
    await slapd.close();
    expect(existsSync(slapd.directory)).toBe(false);
    for (const port of ports) expect(await isListening(port)).toBe(false);
  });

  test('says what is wrong with a schema', async () => {
    await expect(SlapdServer.start({ schemas: ['/nowhere.ldif'] })).rejects.toThrow(/Running slapadd failed.*nowhere/s);
  });

  test('is gone when its owner was killed', async () => {
    const program = `
      const { SlapdServer } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
      const slapd = await SlapdServer.start();
      console.log(JSON.stringify({ directory: slapd.directory, url: slapd.tcpUrl }));
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { directory, url } = JSON.parse(line) as { directory: string; url: string };
    expect(await isListening(portOf(url))).toBe(true);
    child.kill('SIGKILL');
    await waitUntil(async () => !existsSync(directory) && !(await isListening(portOf(url))), {
      what: 'slapd to be gone',
    });
  });
});
