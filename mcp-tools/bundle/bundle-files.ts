import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, gunzip as gunzipCallback } from 'node:zlib';
import { messageOf, UnderstudyError } from '#domain/errors.ts';

const gunzip = promisify(gunzipCallback);

/** Files of a bundle by the path that the contract gives them; a compressed one goes by its name without `.gz`. */
export type BundleFiles = {
  readonly folder: string;
  /** In order. */
  readonly paths: readonly string[];
  readonly realPathOf: (path: string) => string | undefined;
};

/** A bundle may come from anywhere: what is too large is named and not read. */
const mostFiles = 20_000;
const mostTextBytes = 256 * 1024 * 1024;

/** Lists the files of a folder; links are not followed, for they may lead out of it. Throws `not-found`. */
export async function listBundleFiles(folder: string): Promise<BundleFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new UnderstudyError('not-found', `${folder}: not a folder that can be read (${messageOf(error)})`, {
      cause: error,
    });
  });
  const files = entries.filter((entry) => entry.isFile()).slice(0, mostFiles);
  const real = new Map<string, string>();
  for (const entry of files) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    const plain = path.endsWith('.gz') ? path.slice(0, -'.gz'.length) : path;
    // Where both are there, the plain one is read.
    if (!real.has(plain) || plain === path) real.set(plain, join(folder, path));
  }
  return { folder, paths: [...real.keys()].sort(), realPathOf: (path) => real.get(path) };
}

function tooLarge(path: string, bytes: number): UnderstudyError {
  const most = `${Math.round(mostTextBytes / 1024 / 1024)} MiB`;
  return new UnderstudyError(
    'too-large',
    `${path}: ${bytes} bytes, more than the ${most} that are read whole`,
  );
}

async function readBytes(path: string, realPath: string): Promise<Buffer> {
  if (realPath.endsWith('.gz')) {
    try {
      return await gunzip(await readFile(realPath), { maxOutputLength: mostTextBytes });
    } catch (error) {
      throw new UnderstudyError('bad-input', `${path}.gz: cannot be decompressed: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
  const { size } = await stat(realPath);
  if (size > mostTextBytes) throw tooLarge(path, size);
  return readFile(realPath);
}

/** A whole file as text without a byte order mark. Throws `bad-input` and `too-large` with the file's name. */
export async function readText(path: string, realPath: string): Promise<string> {
  const text = (await readBytes(path, realPath)).toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The end of a text, and whether something stands before it. */
export type Tail = { readonly text: string; readonly cut: boolean };

/** From the first whole line on: the cut goes through a line, and perhaps through a character. */
function wholeLines(bytes: Buffer, cut: boolean): Tail {
  if (!cut) return { text: bytes.toString('utf8'), cut };
  const lineBreak = bytes.indexOf(0x0a);
  return { text: bytes.subarray(lineBreak + 1).toString('utf8'), cut };
}

async function tailOfCompressed(path: string, realPath: string, maxBytes: number): Promise<Tail> {
  const file = await open(realPath);
  const stream = file.createReadStream().pipe(createGunzip());
  let chunks: Buffer[] = [];
  let held = 0;
  let seen = 0;
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      held += bytes.length;
      seen += bytes.length;
      if (held > 2 * maxBytes) {
        chunks = [Buffer.concat(chunks).subarray(-maxBytes)];
        held = maxBytes;
      }
    }
  } catch (error) {
    throw new UnderstudyError('bad-input', `${path}.gz: cannot be decompressed: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await file.close();
  }
  const all = Buffer.concat(chunks);
  return wholeLines(all.length > maxBytes ? all.subarray(-maxBytes) : all, seen > maxBytes);
}

/** The last `maxBytes` of a text file, whole lines only: logs may be larger than memory. */
export async function readTail(path: string, realPath: string, maxBytes: number): Promise<Tail> {
  if (realPath.endsWith('.gz')) return tailOfCompressed(path, realPath, maxBytes);
  const { size } = await stat(realPath);
  if (size <= maxBytes) return { text: await readFile(realPath, 'utf8'), cut: false };
  const file = await open(realPath);
  try {
    const bytes = Buffer.alloc(maxBytes);
    await file.read(bytes, 0, maxBytes, size - maxBytes);
    return wholeLines(bytes, true);
  } finally {
    await file.close();
  }
}

/** A longer line is cut: it is no line of a log any more. */
const maxLineChars = 1024 * 1024;

/** Puts text together from pieces and gives it out line by line. */
function lineVisitor(visit: (line: string) => void): (piece: string) => void {
  let rest = '';
  let isCut = false;
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!isCut) visit(line.endsWith('\r') ? line.slice(0, -1) : line);
      isCut = false;
    }
    if (rest.length <= maxLineChars) return;
    if (!isCut) visit(rest.slice(0, maxLineChars));
    isCut = true;
    rest = '';
  };
}

/** Every line of a text file, one after the other, in memory that does not grow with the file. */
export async function visitLines(
  path: string,
  realPath: string,
  visit: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  const take = lineVisitor(visit);
  const takeAll = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) take(decoder.decode(chunk, { stream: true }));
  };
  try {
    const source = createReadStream(realPath);
    await (realPath.endsWith('.gz') ? pipeline(source, createGunzip(), takeAll) : pipeline(source, takeAll));
  } catch (error) {
    throw new UnderstudyError('bad-input', `${path}: cannot be read to its end: ${messageOf(error)}`, {
      cause: error,
    });
  }
  take(`${decoder.decode()}\n`);
}
