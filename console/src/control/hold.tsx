/** Holding a stop, a line or an entry back, and letting it go on: said in words, and done at the second click. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { PausedAnswer, PauseEffect } from '../api.ts'
import { useLive } from '../live.ts'
import { Spoken, useAct } from '../parts/act.tsx'
import { useAsked } from '../parts/asked.ts'
import { count, time } from '../parts/words.ts'

export type Target = Pick<PausedAnswer, 'kind' | 'name'>

/** What operators hold back: asked for anew when that has changed, by whomever. */
export function usePaused(): readonly PausedAnswer[] {
  const { now } = useLive()
  const { answer = [] } = useAsked((signal) => api.paused(signal), [now?.answer.health.paused?.join('\n') ?? ''])
  return answer
}

interface HoldOptions {
  readonly target: Target
  readonly paused: readonly PausedAnswer[]
}

export function Hold({ target, paused }: HoldOptions) {
  const [reason, setReason] = useState<string>()
  const { isBusy, said, say, run } = useAct()
  const what = `${target.kind} ${target.name}`
  const held = paused.find(({ kind, name }) => kind === target.kind && name === target.name)
  const hold = (act: Promise<PauseEffect>, verb: string): void =>
    run(act.then((effect) => say(wordsOf(effect, verb))).finally(() => setReason(undefined)))
  return (
    <form
      class="acts"
      onSubmit={(event) => {
        event.preventDefault()
        hold(api.pause(target, reason ?? ''), 'paused')
      }}
    >
      {held !== undefined && (
        <>
          <span class="held">
            The {what} is paused since {time(held.since)}
            {held.reason !== undefined && (
              <>
                : <bdi>{held.reason}</bdi>
              </>
            )}
          </span>
          <button type="button" disabled={isBusy} onClick={() => hold(api.resume(target), 'resumed')}>
            Resume {what}
          </button>
        </>
      )}
      {held === undefined && reason === undefined && (
        <button type="button" onClick={() => setReason('')}>
          Pause {what} …
        </button>
      )}
      {held === undefined && reason !== undefined && (
        <fieldset disabled={isBusy}>
          <legend>
            Pause {what}: {meaning[target.kind]}
          </legend>
          <label>
            Why? <input value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
          </label>
          <button type="submit" class="sure">
            Pause {what}
          </button>
          <button type="button" onClick={() => setReason(undefined)}>
            Leave it
          </button>
        </fieldset>
      )}
      <Spoken said={said} />
    </form>
  )
}

const meaning: Readonly<Record<Target['kind'], string>> = {
  stop: 'what comes waits before it, in order, until it is resumed',
  line: 'what rides on it waits before its stops, in order, until it is resumed',
  entry: 'senders are refused until it is resumed',
}

function wordsOf({ changed, stops, otherLines }: PauseEffect, verb: string): string {
  if (!changed) return 'It was so already.'
  const inFlight = stops.reduce((sum, stop) => sum + stop.inFlight, 0)
  return [
    `${verb === 'paused' ? 'Paused' : 'Resumed'}.`,
    ...(verb === 'paused' && inFlight > 0 ? [`${count(inFlight)} in flight are finished first.`] : []),
    ...(verb === 'paused' && otherLines.length > 0
      ? [`These lines pass there as well: ${otherLines.join(', ')}.`]
      : []),
  ].join(' ')
}
