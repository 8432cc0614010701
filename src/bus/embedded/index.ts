import type { Bus } from '../bus.ts'
import { guarded } from '../guarded.ts'
import { EmbeddedBus } from './embedded-bus.ts'
import { resolveEmbeddedOptions } from './options.ts'
import type { EmbeddedOptions } from './options.ts'

/** A bus on a journal in a folder: durable, in this process, without a server. Throws MB_BAD_OPTIONS. */
export function embedded(options: EmbeddedOptions = {}): Bus {
  const resolved = resolveEmbeddedOptions(options)
  return guarded(new EmbeddedBus(resolved), resolved.log)
}

export { inspectEmbedded } from './inspect.ts'
export { resolveEmbeddedOptions } from './options.ts'
export type { EmbeddedOptions, ResolvedEmbeddedOptions } from './options.ts'
