import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRecordJoiner, exceptionOf } from './log-record.ts';

const traces: Readonly<Record<string, { lines: string; exception: string }>> = {
  java: {
    lines: `2026-08-01 10:00:00 ERROR c.shop.Cart - cannot load
java.lang.IllegalStateException: no cart
\tat com.shop.Cart.get(Cart.java:12)
\t... 12 more
Caused by: java.net.ConnectException: Connection refused
\tat sun.nio.ch.Net.connect(Net.java:1)
\t... 20 common frames omitted`,
    exception: 'Caused by: java.net.ConnectException: Connection refused',
  },
  python: {
    lines: `ERROR:root:cannot load
Traceback (most recent call last):
  File "/app/cart.py", line 3, in get
    return carts[17]
           ~~~~~^^^^
KeyError: 17

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 9, in <module>
    run()
ValueError: no cart`,
    exception: 'ValueError: no cart',
  },
  go: {
    lines: `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48]

goroutine 1 [running]:
main.(*Cart).Load(0x0)
\t/app/cart.go:12 +0x1d
main.main()
\t/app/main.go:9 +0x2c
exit status 2`,
    exception: 'panic: runtime error: invalid memory address or nil pointer dereference',
  },
  node: {
    lines: `node:internal/process/promises:288
            triggerUncaughtException(err, true /* fromPromise */);
            ^

Error: connect ECONNREFUSED 10.0.0.1:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16) {
  errno: -111,
  code: 'ECONNREFUSED'
}

Node.js v24.0.0`,
    exception: 'Error: connect ECONNREFUSED 10.0.0.1:5432',
  },
  dotnet: {
    lines: `fail: Shop.Cart[0]
      Cannot load
      System.InvalidOperationException: no cart
       ---> System.Net.Sockets.SocketException (111): Connection refused
         at System.Net.Sockets.Socket.Connect(EndPoint e)
         --- End of inner exception stack trace ---
         at Shop.Cart.Get() in /src/Cart.cs:line 12`,
    exception: '---> System.Net.Sockets.SocketException (111): Connection refused',
  },
  rust: {
    lines: `thread 'main' panicked at src/main.rs:4:10:
called \`Result::unwrap()\` on an \`Err\` value: ParseIntError
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
stack backtrace:
   0: rust_begin_unwind
             at /rustc/1/library/std/src/panicking.rs:1:5`,
    exception: '',
  },
};

/** Records of a text, each as its lines. */
function records(text: string): string[][] {
  const joiner = createRecordJoiner();
  const found: string[][] = [];
  for (const line of text.split('\n')) {
    const head = found.at(-1)?.[0] ?? '';
    if (joiner.continues(line, /ERROR/.test(head))) found.at(-1)?.push(line);
    else found.push([line]);
  }
  return found;
}

describe('a message and its trace are one record', () => {
  test.each(Object.entries(traces))('%s', (_, { lines, exception }) => {
    const after = '2026-08-01 10:00:01 INFO next';
    const found = records(`started\n${lines}\n${after}`);
    expect(found.map(([head]) => head)).toEqual(['started', lines.split('\n')[0], after]);
    expect(exceptionOf(found[1] ?? []) ?? '').toBe(exception);
  });
});

test('lines that are no trace stand alone', () => {
  const lines = ['at your service', 'ready', '  INFO padded', '{"a":1}', 'goroutines: 5'];
  expect(records(lines.join('\n'))).toHaveLength(lines.length);
});

test('an exception at the margin belongs to the error before it, and to nothing else', () => {
  expect(records('x ERROR cannot load\njava.io.IOException: gone')).toHaveLength(1);
  expect(records('x INFO loaded\njava.io.IOException: gone')).toHaveLength(2);
});

test('a trace without an end is cut', () => {
  expect(records(`x\n${'\tat a.b(C.java:1)\n'.repeat(1_000)}`).length).toBeGreaterThan(1);
});

test('any lines are read', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (lines) => {
      const text = `begin\n${lines.join('\n')}`;
      expect(records(text).flat()).toEqual(text.split('\n'));
    }),
  );
});
