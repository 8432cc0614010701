/**
 * A small web on one port of this machine, with those who mean well and those who do not. Whoever asks for a host that ends in `.example` or `.test` is brought here by
 * `connectTo`; all other names and addresses are what they are outside.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sites } from './sites.ts'
import { traps } from './traps.ts'

/** Answers for one host. */
export type Site = (path: string, response: ServerResponse, request: IncomingMessage) => void

/** How often each address was asked for: `http://veloris.example/`. */
export type Visits = ReadonlyMap<string, number>

export interface World extends AsyncDisposable {
  readonly visits: Visits
  /** For a client of this world. */
  readonly connectTo: (host: string) => { readonly address: string; readonly port: number } | undefined
  /** Requests of one host that were under way at the same time, at most. */
  readonly mostAtOnce: ReadonlyMap<string, number>
}

const hosts: Readonly<Record<string, Site>> = { ...sites, ...traps }

/** Resolves when it listens, at a free port. `more` are hosts of a test. */
export async function startWorld(more: Readonly<Record<string, Site>> = {}): Promise<World> {
  const all: Readonly<Record<string, Site>> = { ...hosts, ...more }
  const visits = new Map<string, number>()
  const underWay = new Map<string, number>()
  const mostAtOnce = new Map<string, number>()
  const server = createServer((request, response) => {
    const host = request.headers.host?.replace(/:\d+$/, '') ?? ''
    const path = request.url ?? '/'
    const address = `http://${host}${path}`
    visits.set(address, (visits.get(address) ?? 0) + 1)
    const now = (underWay.get(host) ?? 0) + 1
    underWay.set(host, now)
    mostAtOnce.set(host, Math.max(mostAtOnce.get(host) ?? 0, now))
    response.once('close', () => underWay.set(host, underWay.get(host)! - 1))
    const site = all[host]
    if (site === undefined) response.writeHead(404).end()
    else site(path, response, request)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    visits,
    mostAtOnce,
    connectTo: (host) => (/\.(example|test)$/.test(host) ? { address: '127.0.0.1', port } : undefined),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
