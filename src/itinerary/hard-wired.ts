/** Hard-wired routing: an entry names its first stop, and each stop names the next. */
import type { StopDefinition } from '../stop/definition.ts'
import { reachOf } from '../stop/reach.ts'
import type { Carrier, Stop } from '../stop/typed.ts'
import { versionOf } from '../stop/version.ts'
import type { Line } from './line.ts'
import type { Router } from './router.ts'
import { plotSlip, spareHops } from './slip.ts'

/** What an entry can lead to: a line, a map maker, a conductor, or a first stop. */
export type Route<In = unknown> = Carrier<In> & (Router | Stop)

/** The router behind a line or a first stop; a router is its own. */
export function routerOf(route: Router | Stop | Line): Router {
  return route.kind === 'stop' && 'handler' in route ? wire(route) : route
}

/** The first stop is all that is plotted: what comes behind it, each stop says by itself. */
function wire(first: StopDefinition): Router {
  const version = versionOf([first])
  const stops = reachOf([first])
  const slip = plotSlip(first.name, version, [first.name], stops.length + spareHops)
  return Object.freeze({
    kind: 'stop',
    name: first.name,
    stops,
    lines: [{ name: first.name, version, stops: chainOf(first) }],
    plot: () => slip,
    conduct: undefined,
  })
}

function chainOf(first: StopDefinition): readonly StopDefinition[] {
  const chain: StopDefinition[] = []
  for (let stop: StopDefinition | undefined = first; stop !== undefined; stop = stop.next) chain.push(stop)
  return chain
}
