/** The options that choose dead letters; they are combined by and. */
import type { Command } from 'commander'
import { MetrobusError } from '../errors/index.ts'
import type { DeadLetterFilter } from '../runtime/running.ts'
import { pastTime } from './parse.ts'

export interface FilterOptions {
  readonly stop?: string
  readonly fingerprint?: string
  readonly cause?: string
  readonly key?: string
  readonly since?: number
  readonly all?: boolean
}

export const withFilter = (command: Command): Command =>
  command
    .option('--stop <name>', 'given up at this stop')
    .option('--cause <code>', 'with this error code or slug')
    .option('--fingerprint <text>', 'of this kind, as `dead list --groups` names it')
    .option('--key <key>', 'of this order key')
    .option('--since <when>', 'given up since a time, or a duration ago', pastTime)

/** The filter alone; undefined fields left out. */
export function filterOf({ stop, fingerprint, cause, key, since }: FilterOptions): DeadLetterFilter {
  return Object.fromEntries(
    Object.entries({ stop, fingerprint, cause, key, since }).filter(([, value]) => value !== undefined),
  )
}

/** What changes dead letters must be told which: one place, a filter, or all of them by that word. */
export function chosenOf(
  place: string | undefined,
  options: FilterOptions,
): DeadLetterFilter & { readonly all?: boolean } {
  const filter = { ...filterOf(options), ...(place !== undefined && { place }) }
  if (Object.keys(filter).length > 0) return filter
  if (options.all === true) return { all: true }
  throw new MetrobusError('MB_BAD_ARGUMENT', {
    argument: 'Which dead letters',
    problem: 'is not said: name a place, choose by --stop, --cause, --fingerprint, --key or --since, or say --all',
  })
}
