import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, request } from 'undici';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Platform } from './platform.ts';
import type { Made, Making, ProgramSource } from './program.ts';
import { unpackTarGz } from './unpack.ts';

type DownloadSource = Extract<ProgramSource, { kind: 'download' }>;

const connectTimeoutMs = 3_000;
const headersTimeoutMs = 15_000;
/** A download that stops moving for this long is given up. */
const bodyTimeoutMs = 20_000;
const maxRedirects = 5;

/**
 * Downloads an official release and keeps it only when its published checksum fits. Gives up within seconds when the host
 * cannot be reached, so that a machine without the internet goes on to the next source at once.
 */
export async function fetchDownload(
  source: DownloadSource,
  platform: Platform,
  making: Making,
): Promise<Made> {
  const url = source.url(platform);
  if (url === undefined) {
    throw new UnderstudyError('program-missing', `there is no release for ${platform.os} ${platform.arch}`);
  }
  const agent = new EnvHttpProxyAgent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: headersTimeoutMs,
    bodyTimeout: bodyTimeoutMs,
  });
  try {
    const expected = await publishedSum(source.checksumUrl(platform), basename(url), agent, making);
    const file = join(making.folder, 'download');
    const actual = await save(
      url,
      file,
      expected.length === sha512Length ? 'sha512' : 'sha256',
      agent,
      making,
    );
    if (actual !== expected) {
      throw new UnderstudyError('program-missing', `${url} does not fit its published checksum; not used`);
    }
    return await place(source, platform, file, making);
  } finally {
    await agent.destroy();
  }
}

const sha512Length = 128;
const maxSumsBytes = 1024 * 1024;

async function publishedSum(
  url: string,
  fileName: string,
  agent: EnvHttpProxyAgent,
  making: Making,
): Promise<string> {
  const body = await get(url, agent, making);
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > maxSumsBytes)
      throw new UnderstudyError('program-missing', `${url} is no checksum list`);
  }
  const sum = sumFor(text, fileName);
  if (sum === undefined) {
    throw new UnderstudyError('program-missing', `${url} has no checksum for ${fileName}`);
  }
  return sum;
}

/** The sum of a file in a list of `<hex> <name>` lines, or the only sum of a file that holds nothing else. */
export function sumFor(list: string, fileName: string): string | undefined {
  const lines = list
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const isSum = (word: string | undefined) =>
    word !== undefined && /^([0-9a-f]{64}|[0-9a-f]{128})$/i.test(word);
  const named = lines.find(([sum, name]) => isSum(sum) && name?.replace(/^\*?(\.\/)?/, '') === fileName);
  const only = lines.length === 1 && lines[0]?.length === 1 && isSum(lines[0][0]) ? lines[0] : undefined;
  return (named ?? only)?.[0]?.toLowerCase();
}

type Body = Awaited<ReturnType<typeof request>>['body'];

async function get(url: string, agent: EnvHttpProxyAgent, making: Making, redirects = 0): Promise<Body> {
  const { host } = new URL(url);
  if (making.unreachableHosts.has(host)) {
    throw new UnderstudyError('program-missing', `${host} cannot be reached`);
  }
  const signal = making.options.signal === undefined ? {} : { signal: making.options.signal };
  const answer = await request(url, { dispatcher: agent, ...signal }).catch((cause: unknown) => {
    making.options.signal?.throwIfAborted();
    making.unreachableHosts.add(host);
    throw new UnderstudyError('program-missing', `${host} cannot be reached (${messageOf(cause)})`, {
      cause,
    });
  });
  const { location } = answer.headers;
  if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
    await answer.body.dump();
    if (redirects === maxRedirects)
      throw new UnderstudyError('program-missing', `${url}: too many redirects`);
    return get(new URL(location, url).href, agent, making, redirects + 1);
  }
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw new UnderstudyError('program-missing', `${url} answered ${answer.statusCode}`);
  }
  return answer.body;
}

async function save(
  url: string,
  file: string,
  algorithm: 'sha256' | 'sha512',
  agent: EnvHttpProxyAgent,
  making: Making,
): Promise<string> {
  const hash = createHash(algorithm);
  try {
    const body = await get(url, agent, making);
    await pipeline(body, counting(hash, making), createWriteStream(file));
  } catch (cause) {
    if (cause instanceof UnderstudyError) throw cause;
    making.options.signal?.throwIfAborted();
    throw new UnderstudyError('program-missing', `the download of ${url} broke off (${messageOf(cause)})`, {
      cause,
    });
  }
  return hash.digest('hex');
}

const megabyte = 1024 * 1024;

function counting(hash: Hash, making: Making): Transform {
  let receivedBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk);
      receivedBytes += chunk.length;
      making.task.detail(`${(receivedBytes / megabyte).toFixed(0)} MB`);
      callback(null, chunk);
    },
  });
}

async function place(
  source: DownloadSource,
  platform: Platform,
  file: string,
  making: Making,
): Promise<Made> {
  if (source.archiveMember === undefined) {
    const member = making.program.name;
    await rename(file, join(making.folder, member));
    await chmod(join(making.folder, member), 0o755);
    return { member };
  }
  const root = join(making.folder, 'archive');
  await mkdir(root);
  await unpackTarGz(createReadStream(file), root);
  await rm(file);
  return { member: join('archive', source.archiveMember(platform)) };
}
