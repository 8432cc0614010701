/** The newest look at the app, the rates since the one before, and some minutes of them: one stream for the whole page. */
import { useEffect, useState } from 'preact/hooks'
import type { LiveAnswer } from './api.ts'

/** What goes through a stop now. */
export interface StopRate {
  readonly in: number
  readonly out: number
  readonly retried: number
  readonly dead: number
}

export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly answer: LiveAnswer
  /** Events a second, by stop. */
  readonly rates: ReadonlyMap<string, StopRate>
  readonly accepted: number
}

/** Some minutes, for the charts. */
const keptMax = 600

type Listener = () => void

class LiveFeed {
  readonly moments: Moment[] = []
  isBroken = false
  readonly #listeners = new Set<Listener>()
  #source: EventSource | undefined

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    this.#open()
    return () => void this.#listeners.delete(listener)
  }

  #open(): void {
    if (this.#source !== undefined) return
    const source = new EventSource('v1/live')
    this.#source = source
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const answer = JSON.parse(data) as LiveAnswer | { readonly error: unknown }
      if ('error' in answer) return
      this.isBroken = false
      this.#add(answer)
    })
    source.addEventListener('error', () => {
      this.isBroken = true
      this.#tell()
    })
  }

  #add(answer: LiveAnswer): void {
    const at = Date.parse(answer.at)
    const last = this.moments.at(-1)
    // The app was started again: what it counts began at nothing.
    if (last !== undefined && last.answer.stats.accepted > answer.stats.accepted) this.moments.length = 0
    const before = this.moments.at(-1)
    this.moments.push(momentOf(at, answer, before))
    if (this.moments.length > keptMax) this.moments.shift()
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function momentOf(at: number, answer: LiveAnswer, before: Moment | undefined): Moment {
  const seconds = before === undefined ? 0 : (at - before.at) / 1000
  const rate = (now: number, then: number | undefined): number =>
    seconds <= 0 || then === undefined ? 0 : Math.max(0, (now - then) / seconds)
  const earlier = new Map(before?.answer.stats.stops.map((stop) => [stop.stop, stop]))
  const rates = new Map(
    answer.stats.stops.map((stop) => {
      const then = earlier.get(stop.stop)
      return [
        stop.stop,
        {
          in: rate(stop.in, then?.in),
          out: rate(stop.out, then?.out),
          retried: rate(stop.retried, then?.retried),
          dead: rate(stop.dead, then?.dead),
        },
      ]
    }),
  )
  return { at, answer, rates, accepted: rate(answer.stats.accepted, before?.answer.stats.accepted) }
}

const feed = new LiveFeed()

/** The moments so far, the newest last; drawn again at each. */
export function useLive(): {
  readonly moments: readonly Moment[]
  readonly now: Moment | undefined
  readonly isBroken: boolean
} {
  const [, setCount] = useState(0)
  useEffect(() => feed.listen(() => setCount((count) => count + 1)), [])
  return { moments: feed.moments, now: feed.moments.at(-1), isBroken: feed.isBroken }
}
