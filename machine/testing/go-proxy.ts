import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';

/** A Go module as the proxy serves it: file names in it and their text. */
export type GoModule = { path: string; version: string; files: Readonly<Record<string, string>> };

/** Writes modules in the layout of a Go module proxy and answers the environment in which Go finds nothing but them. */
export async function writeGoProxy(
  folder: string,
  modules: readonly GoModule[],
): Promise<{ GOPROXY: string; GOSUMDB: string; GOTOOLCHAIN: string }> {
  for (const { path, version, files } of modules) {
    const base = join(folder, path, '@v', version);
    await mkdir(dirname(base), { recursive: true });
    await writeFile(join(dirname(base), 'list'), `${version}\n`);
    await writeFile(`${base}.info`, JSON.stringify({ Version: version, Time: '2026-01-01T00:00:00Z' }));
    await writeFile(`${base}.mod`, files['go.mod'] ?? `module ${path}\n`);
    const entries = Object.entries(files).map(
      ([name, text]) => [`${path}@${version}/${name}`, text] as const,
    );
    await writeFile(`${base}.zip`, zip(entries));
  }
  return { GOPROXY: pathToFileURL(folder).href, GOSUMDB: 'off', GOTOOLCHAIN: 'local' };
}

/** A zip archive of uncompressed files (PKWARE APPNOTE 4.3). */
function zip(entries: readonly (readonly [string, string])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of entries) {
    const data = Buffer.from(text);
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(10, 0);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([10, 0]), common, place, nameBytes]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
