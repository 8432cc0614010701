/** Serves routes at a port of this machine. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'

export interface Listening extends AsyncDisposable {
  readonly url: string
}

/** Resolves when it listens; 0 takes a free port. */
export async function listen({ fetch }: Hono, port: number): Promise<Listening> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo>()
  const server = serve({ fetch, port, hostname: '127.0.0.1' }, resolve) as Server
  server.once('error', reject)
  const address = await promise
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
