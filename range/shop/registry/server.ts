import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { blobFile, findManifest } from './layout.ts';

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}

async function sendBlob(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { size } = await stat(file);
  response.writeHead(200, { ...headers, 'content-length': size });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'UNSUPPORTED', 'this registry is for pulling only');
  if (pathname === '/v2/') return void response.writeHead(200).end();
  const [, repository = '', kind = '', reference = ''] =
    /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
  if (kind === 'manifests') {
    const manifest = await findManifest(folder, repository, reference);
    const file = manifest === undefined ? undefined : blobFile(folder, manifest.digest);
    if (manifest === undefined || file === undefined)
      return refuse(response, 404, 'MANIFEST_UNKNOWN', `manifest unknown: ${repository}:${reference}`);
    const { digest, mediaType } = manifest;
    return sendBlob(request, response, file, { 'content-type': mediaType, 'docker-content-digest': digest });
  }
  const file = kind === 'blobs' ? blobFile(folder, reference) : undefined;
  if (file === undefined || (await stat(file).catch(() => undefined)) === undefined)
    return refuse(response, 404, 'BLOB_UNKNOWN', `blob unknown: ${reference}`);
  return sendBlob(request, response, file, { 'docker-content-digest': reference });
}

/**
 * A registry to pull from (OCI distribution specification) over a folder with an OCI layout. What is not in the folder is
 * a 404, as with any registry.
 */
export function createRegistry(folder: string, onError: (error: unknown) => void): Server {
  return createServer((request, response) => {
    answer(folder, request, response).catch((error: unknown) => {
      onError(error);
      response.destroy();
    });
  });
}
