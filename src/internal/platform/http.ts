/** HTTP on a local socket and on a port: the part of `admin` that touches the network. */
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, open, rename, rm, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { basename, dirname, join, relative } from 'node:path'
import { MetrobusError } from '../../errors/index.ts'

/** A server that listens. */
export interface Listening {
  /** Stops listening, ends open connections, removes the socket file. */
  close(): Promise<void>
}

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
 */
export async function listenOnSocket(server: Server, path: string): Promise<Listening> {
  if (process.platform === 'win32') return listen(server, { path: pipeName(path) })
  const folder = await mkdtemp(join(dirname(path), '.socket-'))
  try {
    const made = join(folder, 's')
    const listening = await withShortName(made, (short) => listen(server, { path: short }))
    await chmod(made, 0o600)
    await rename(made, path)
    return {
      async close(): Promise<void> {
        await unlink(path).catch(ignoreMissing)
        await listening.close()
      },
    }
  } catch (error) {
    server.close()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Listens on a port, 0 for any free one, and answers which. */
export async function listenOnPort(
  server: Server,
  port: number,
  host: string,
): Promise<Listening & { readonly port: number }> {
  const listening = await listen(server, { port, host })
  const address = server.address()
  return { ...listening, port: typeof address === 'object' && address !== null ? address.port : port }
}

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
  return process.platform === 'win32' ? ask(pipeName(path)) : withShortName(path, ask)
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
const pipeName = (path: string): string =>
  `\\\\.\\pipe\\metrobus-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`

function listen(
  server: Server,
  address: { readonly path: string } | { readonly port: number; readonly host: string },
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => {
      const where = 'path' in address ? address.path : `${address.host}:${address.port}`
      reject(new MetrobusError('MB_CANNOT_LISTEN', { where, reason: cause.message }, { cause }))
    }
    server.once('error', refuse)
    server.listen(address, () => {
      server.off('error', refuse)
      resolve({ close: () => closeServer(server) })
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
