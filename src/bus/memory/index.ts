import type { Bus } from '../bus.ts'
import { guarded } from '../guarded.ts'
import { MemoryBus } from './memory-bus.ts'
import { resolveMemoryOptions } from './options.ts'
import type { MemoryOptions } from './options.ts'

/** A bus in memory: for tests and for trying things out. Nothing outlives the process. Throws MB_BAD_OPTIONS. */
export function memory(options: MemoryOptions = {}): Bus {
  const resolved = resolveMemoryOptions(options)
  return guarded(new MemoryBus(resolved), resolved.log)
}

export type { MemoryOptions, SettleCall, SettlePlan } from './options.ts'
