/** HTTP on a local socket and on a port: the part of `admin` that touches the network. */
import { once } from 'node:events'
import { chmod, mkdtemp, open, rename, rm, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { basename, dirname, join, relative } from 'node:path'
import { MetrobusError } from '../../errors/index.ts'

/** A server that listens. */
export interface Listening {
  /** Stops listening, ends open connections, removes the socket file. */
  close(): Promise<void>
}

/** Makes the server that answers. */
export type MakeServer = () => Promise<Server>

/** What is asked over a socket. */
export interface SocketRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly signal: AbortSignal | undefined
}

/** What came back; the body streams. */
export interface SocketResponse {
  readonly status: number
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * Listens on a socket file that only this user may open. The file is made in a folder that only this user may enter, gets its mode, and is
 * then renamed to `path`: at no moment, and under no umask, could another user have connected, and a stale socket is replaced in one step.
 *
 * The server is made when the first connection comes: loading HTTP and what stands on it takes longer than an app takes to start, and most apps are looked at
 * later or never.
 */
export async function listenOnSocket(make: MakeServer, path: string): Promise<Listening> {
  if (process.platform === 'win32') return listenLazily(make, await pipeName(path))
  const folder = await mkdtemp(join(dirname(path), '.socket-'))
  let listening: Listening | undefined
  try {
    const made = join(folder, 's')
    const opened = (listening = await withShortName(made, (short) => listenLazily(make, short)))
    await chmod(made, 0o600)
    await rename(made, path)
    return {
      async close(): Promise<void> {
        await unlink(path).catch(ignoreMissing)
        await opened.close()
      },
    }
  } catch (error) {
    await listening?.close()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Listens on a port, 0 for any free one, and answers which. */
export async function listenOnPort(
  make: MakeServer,
  port: number,
  host: string,
): Promise<Listening & { readonly port: number }> {
  const server = await make()
  await listening(server.listen({ port, host }), `${host}:${port}`)
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections()
      await closed(server)
    },
  }
}

/** Makes servers with TLS; loaded when there is one. */
export const httpsFactory = async (): Promise<typeof import('node:https').createServer> =>
  (await import('node:https')).createServer

/** Asks over a socket file. Rejects with Node's error (`ENOENT`, `ECONNREFUSED`, ...) when nothing listens. */
export async function requestOverSocket(
  path: string,
  { method, path: target, headers, body, signal }: SocketRequest,
): Promise<SocketResponse> {
  // On first use: it takes 30 ms to load, and a command over the files of a journal asks nobody.
  const { request: httpRequest } = await import('node:http')
  const ask = (socketPath: string): Promise<SocketResponse> =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const options = {
        socketPath,
        method,
        path: target,
        headers: { host: 'localhost', ...headers, ...length },
        agent: false,
        ...(signal && { signal }),
      }
      const request = httpRequest(options, (response) => resolve({ status: response.statusCode ?? 0, body: response }))
      request.on('error', reject)
      request.end(body)
    })
  return process.platform === 'win32' ? ask(await pipeName(path)) : withShortName(path, ask)
}

/** Bytes that the address of a socket file may take, without the final zero, on the strictest system. */
const addressBytesMax = 103

/**
 * Runs with a name of the file that fits into a socket's address. A journal may lie deeper than that: then it is named from the present
 * folder, or through the open folder itself.
 */
async function withShortName<Result>(path: string, run: (short: string) => Promise<Result>): Promise<Result> {
  const fits = [path, relative(process.cwd(), path)].find((name) => Buffer.byteLength(name) <= addressBytesMax)
  if (fits !== undefined || process.platform !== 'linux') return run(fits ?? path)
  const folder = await open(dirname(path))
  try {
    return await run(`/proc/self/fd/${folder.fd}/${basename(path)}`)
  } finally {
    await folder.close()
  }
}

/** Windows has no socket files that Node could open; the name of a pipe stands for the path. */
async function pipeName(path: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  return `\\\\.\\pipe\\metrobus-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`
}

async function listenLazily(make: MakeServer, path: string): Promise<Listening> {
  const connections: Set<Socket> = new Set()
  let made: Promise<Server> | undefined
  const serve = async (socket: Socket): Promise<void> => {
    try {
      const server = await (made ??= make())
      server.emit('connection', socket)
      socket.resume()
    } catch {
      // No descriptor is left to load a file with, for example: this one is turned away, and the next one tries again.
      made = undefined
      socket.destroy()
    }
  }
  // What comes before there is a server waits unread.
  const door = createServer({ pauseOnConnect: true }, (socket) => {
    connections.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => connections.delete(socket))
    void serve(socket)
  })
  await listening(door.listen(path), path)
  return {
    async close() {
      for (const socket of connections) socket.destroy()
      await closed(door)
    },
  }
}

async function listening(server: NetServer, where: string): Promise<void> {
  try {
    await once(server, 'listening')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MetrobusError('MB_CANNOT_LISTEN', { where, reason }, { cause })
  }
}

const closed = (server: NetServer): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
