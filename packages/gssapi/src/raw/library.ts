import koffi from 'koffi';
import type { KoffiFunc, LibraryHandle } from 'koffi';
import { GssLibraryError } from '../gss-error.js';

// All pointers are declared as plain `void *` and passed as addresses: koffi's declared structures and out parameters cost three
// times as much per call. No koffi type gets a name: names are global to the process, and Jest loads this module several times.

const LIBRARY = 'libgssapi_krb5.so.2';
const ASYNC_STACK_BYTES = 1024 * 1024;
const POINTER_BYTES = 8;

/** A C function whose arguments are addresses and 32-bit integers and whose result is a major status. */
export type NativeFunction = KoffiFunc<(...args: (bigint | number)[]) => number>;

let loaded: LibraryHandle | undefined;

/**
 * The GSS-API library, loaded by the first call.
 * @throws GssLibraryError when it is not installed.
 */
export function library(): LibraryHandle {
  loaded ??= load();
  return loaded;
}

/** Declares a function of the library whose result is a major status. */
export function declare(name: string, parameters: readonly ('pointer' | 'uint32')[]): NativeFunction {
  const types = parameters.map((parameter) => (parameter === 'pointer' ? 'void *' : 'uint32_t'));
  return library().func(name, 'uint32_t', types) as NativeFunction;
}

/** Delays declarations until the first call, so that importing this package never needs the library. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Runs a function on one of libuv's threads; resolves to its major status. */
export async function callAsync(native: NativeFunction, args: (bigint | number)[]): Promise<number> {
  return await new Promise((resolve, reject) => {
    native.async(...args, (error: unknown, major: number) => {
      if (error === null || error === undefined) resolve(major);
      else reject(new Error('Calling the GSS-API library failed', { cause: error }));
    });
  });
}

function load(): LibraryHandle {
  if (koffi.sizeof('void *') !== POINTER_BYTES) throw new GssLibraryError('only 64-bit systems are supported', null);
  roomForDeepCalls();
  try {
    return koffi.load(LIBRARY);
  } catch (error) {
    throw new GssLibraryError(`${LIBRARY} cannot be opened`, error);
  }
}

/** libkrb5 may resolve names and load plugins in a call: koffi's stack of 128 KiB for asynchronous calls is little for that. */
function roomForDeepCalls(): void {
  try {
    koffi.config({ async_stack_size: ASYNC_STACK_BYTES, resident_async_pools: 32 });
  } catch {
    // Refused once any library was loaded through koffi: the stack stays as its first user made it.
  }
}
