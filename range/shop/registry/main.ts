import { createRegistry } from './server.ts';

// Usage: node main.ts <folder> <port>. It listens on the node's own loopback, where the container runtime asks it.
const [folder = '', port = ''] = process.argv.slice(2);
const log = (level: string, msg: string): void => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, msg })}\n`);
};
const server = createRegistry(folder, (error) => log('error', String(error)));
server.listen(Number(port), '127.0.0.1', () => log('info', `listening on ${port}`));
process.once('SIGTERM', () => process.exit());
