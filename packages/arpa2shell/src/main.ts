#!/usr/bin/env -S -u NODE_OPTIONS -u NODE_PATH -u NODE_EXTRA_CA_CERTS -u NODE_V8_COVERAGE -u OPENSSL_CONF -u OPENSSL_MODULES node
import { refuseDebugger } from './cli/confinement.js';

refuseDebugger();
const { runCommandLine } = await import('./cli/command-line.js');
// A call to a dead KDC may hold a thread for long after its batch has failed: the process does not wait for it.
process.exit(await runCommandLine(process.argv[1] ?? '', process.argv.slice(2)));
