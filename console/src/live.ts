/** The newest look at the app, the rates since the one before, and some minutes of them: one stream for the whole page. */
import { useEffect, useState } from 'preact/hooks'
import { api } from './api.ts'
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
  /** Events a second, by stop; none where there is no moment before. */
  readonly rates: ReadonlyMap<string, StopRate>
  readonly accepted: number
}

/** Some minutes, for the charts. */
const keptMax = 600

type Listener = () => void

/** Asked again so long after the stream has ended. */
const againMs = 3_000

class LiveFeed {
  readonly moments: Moment[] = []
  isBroken = false
  readonly #listeners = new Set<Listener>()
  #ending: AbortController | undefined

  listen(listener: Listener): () => void {
    if (this.#listeners.size === 0) document.addEventListener('visibilitychange', this.#turn)
    this.#listeners.add(listener)
    this.#turn()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      document.removeEventListener('visibilitychange', this.#turn)
      this.#turn()
    }
  }

  /** Open only while somebody looks: a browser has six connections to an app for all its tabs, and a seventh tab would wait for ever. */
  readonly #turn = (): void => {
    const isWanted = this.#listeners.size > 0 && !document.hidden
    if (isWanted === (this.#ending !== undefined)) return
    this.#ending?.abort()
    this.#ending = isWanted ? new AbortController() : undefined
    if (this.#ending !== undefined) void this.#read(this.#ending.signal)
  }

  async #read(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        // It may be another start of the app, whose counts began at nothing: there is no rate between the two.
        let before: Moment | undefined
        for await (const answer of api.live(signal)) {
          if (signal.aborted) return
          this.isBroken = false
          before = this.#add(answer, before)
        }
      } catch {
        // It is asked again, also where it was refused: the app may be starting, and a token may come.
      }
      if (signal.aborted) return
      this.isBroken = true
      this.#tell()
      await new Promise((resolve) => void setTimeout(resolve, againMs))
    }
  }

  #add(answer: LiveAnswer, before: Moment | undefined): Moment {
    const moment = momentOf(Date.parse(answer.at), answer, before)
    this.moments.push(moment)
    if (this.moments.length > keptMax) this.moments.shift()
    this.#tell()
    return moment
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function momentOf(at: number, answer: LiveAnswer, before: Moment | undefined): Moment {
  if (before === undefined) return { at, answer, rates: new Map(), accepted: 0 }
  const seconds = (at - before.at) / 1000
  const rate = (now: number, then: number | undefined): number =>
    seconds <= 0 || then === undefined ? 0 : Math.max(0, (now - then) / seconds)
  const earlier = new Map(before.answer.stats.stops.map((stop) => [stop.stop, stop]))
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
  return { at, answer, rates, accepted: rate(answer.stats.accepted, before.answer.stats.accepted) }
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
