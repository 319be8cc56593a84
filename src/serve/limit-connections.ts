import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A connection on which nothing moves for so long is closed, but for those that follow the
 * database.
 */
const idleMs = 30_000;

/**
 * Keeps the number of connections within a limit, so that connections that ask nothing, ask slowly
 * or do not read their answer can't keep others out: a new one takes the place of the oldest that
 * waits for a request, or else of the oldest that is being answered. Those that follow the database
 * have a limit of their own and are left alone.
 */
export function limitConnections(server: Server, most: number, isFollowing: (socket: Socket) => boolean): void {
  // Sets go by age: a connection that waits again is the youngest.
  const waiting = new Set<Socket>();
  const answered = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (waiting.size + answered.size >= most) oldest(waiting, answered, isFollowing)?.destroy();
    waiting.add(socket);
    socket.setTimeout(idleMs, () => {
      if (!isFollowing(socket)) socket.destroy();
    });
    socket.once('close', () => {
      waiting.delete(socket);
      answered.delete(socket);
    });
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    answered.add(socket);
    response.once('close', () => {
      answered.delete(socket);
      if (!socket.destroyed) waiting.add(socket);
    });
  });
}

function oldest(
  waiting: ReadonlySet<Socket>,
  answered: ReadonlySet<Socket>,
  isFollowing: (socket: Socket) => boolean,
): Socket | undefined {
  for (const socket of waiting) if (!socket.destroyed) return socket;
  for (const socket of answered) if (!socket.destroyed && !isFollowing(socket)) return socket;
  return undefined;
}
