/** Where two snapshots differ first. */
import { isDeepStrictEqual } from 'node:util'
import { show } from './story.ts'

/** In words, or undefined when they do not differ: `at archive[2].total: 12 when calm, 24 when not`. */
export function difference(calm: unknown, other: unknown, path = ''): string | undefined {
  if (isDeepStrictEqual(calm, other)) return undefined
  const [ours, theirs] = [partsOf(calm), partsOf(other)]
  if (ours !== undefined && theirs !== undefined)
    for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
      const found = difference(
        ours.has(key) ? ours.get(key) : nothing,
        theirs.has(key) ? theirs.get(key) : nothing,
        `${path}${key}`,
      )
      if (found !== undefined) return found
    }
  return `${path === '' ? '' : `at ${path.replace(/^\./, '')}: `}${showPart(calm)} when calm, ${showPart(other)} when not`
}

const nothing = Symbol('nothing')

const showPart = (value: unknown): string =>
  value === nothing ? 'nothing' : value instanceof Map || value instanceof Set ? show([...value]) : show(value)

/** The parts of a value by how one writes them behind it; undefined for what has none. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((part: unknown, index) => [`[${index}]`, part]))
  if (value instanceof Map) return new Map([...value].map(([key, part]) => [`.get(${show(key)})`, part]))
  if (value instanceof Set) return new Map([...value].map((part) => [`.has(${show(part)})`, true]))
  if (typeof value !== 'object' || value === null) return undefined
  return new Map(Object.entries(value).map(([key, part]) => [`.${key}`, part]))
}
