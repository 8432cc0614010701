/** How much of a stop runs at once: as its code declares it, and as operators have changed it. */
import { MetrobusError } from '../errors/index.ts'
import type { StopDefinition } from '../stop/definition.ts'
import type { LimitChange, LimitSettings, StopLimits } from './controls.ts'
import type { StopRuntime } from './stop-runtime.ts'

/** More than this at once is a slip of the finger. */
const manyMax = 1_000_000

/** What operators have set, and what the code said then: it holds as long as the code says the same. */
interface Override {
  readonly set: LimitSettings
  readonly declared: LimitSettings
}

/** As the code says it. */
export function declaredLimits({ concurrency, limits }: StopDefinition): LimitSettings {
  return {
    concurrency,
    limits: limits.map(({ limit, rate }) => ({
      ...(limit !== undefined && { limit }),
      ...(rate !== undefined && { rate }),
    })),
  }
}

/** As it holds by the row of an override; a row of a stop whose code says something else by now says nothing. */
export function limitsBy(stop: StopRuntime, row: string | undefined): LimitSettings {
  const declared = declaredLimits(stop.definition)
  if (row === undefined) return declared
  const override = JSON.parse(row) as Override
  return isSame(override.declared, declared) ? override.set : declared
}

/** The row of a change; null where nothing differs from the code any more. Throws MB_BAD_OPTIONS with every fault. */
export function changedRow(stop: StopRuntime, now: LimitSettings, change: LimitChange): string | null {
  const declared = declaredLimits(stop.definition)
  const set = { concurrency: change.concurrency ?? now.concurrency, limits: [...now.limits] }
  const faults: string[] = []
  checkWhole(faults, 'concurrency', set.concurrency)
  const size = stop.definition.batch?.sizeMax
  if (size !== undefined && set.concurrency < size)
    faults.push(`concurrency must not be below the batch size of ${size}`)
  for (const { at, limit, rate } of change.limits ?? []) {
    const before = set.limits[at]
    const where = `limits[${at}]`
    if (before === undefined) {
      faults.push(`the stop has ${set.limits.length} limits, and none at ${at}`)
      continue
    }
    if (limit !== undefined) checkWhole(faults, `${where}.limit`, limit)
    if (rate !== undefined && !(rate > 0 && rate <= manyMax))
      faults.push(`${where}.rate must be above 0 and at most ${manyMax}, found ${rate}`)
    for (const [kind, value] of Object.entries({ limit, rate }))
      if (value !== undefined && !(kind in before))
        faults.push(`${where} has no ${kind} in the code, which cannot be added`)
    set.limits[at] = { ...before, ...(limit !== undefined && { limit }), ...(rate !== undefined && { rate }) }
  }
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: `The change of "${stop.name}"`, faults })
  return isSame(set, declared) ? null : JSON.stringify({ set, declared } satisfies Override)
}

/** What an operator is shown. */
export function shownLimits(stop: StopRuntime): StopLimits {
  return { stop: stop.name, ...stop.limits, declared: declaredLimits(stop.definition) }
}

function checkWhole(faults: string[], name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1 && value <= manyMax))
    faults.push(`${name} must be a whole number from 1 to ${manyMax}, found ${value}`)
}

const isSame = (one: LimitSettings, other: LimitSettings): boolean => JSON.stringify(one) === JSON.stringify(other)
