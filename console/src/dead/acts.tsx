/** Trying, replaying and discarding: what is about to happen is said in words, and happens at the second click. */
import { useId, useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { Chosen, DryRun } from '../api.ts'
import { Spoken, useAct } from '../parts/act.tsx'
import { count } from '../parts/words.ts'
import { DryRunAnswer } from './dry-run.tsx'

interface ActsOptions {
  /** As in “Replay …”. */
  readonly what: string
  readonly chosen: Chosen
  /** Of one dead letter, which may be mended before it goes. */
  readonly data?: unknown
  readonly finished: () => void
}

type Act = 'replay' | 'edit' | 'discard'

export function Acts({ what, chosen, data, finished }: ActsOptions) {
  const [act, setAct] = useState<Act>()
  const { isBusy, said, say, run } = useAct()
  const [text, setText] = useState('')
  const [rate, setRate] = useState('100')
  const [tried, setTried] = useState<DryRun>()
  const id = useId()

  const begin = (next: Act): void => {
    say()
    setTried(undefined)
    setText(next === 'edit' ? JSON.stringify(data, undefined, 2) : '')
    setAct(next)
  }
  const done = async (): Promise<string> => {
    if (act === 'discard') return `${count(await api.discard(chosen, text))} discarded.`
    const options = { ratePerSecond: Number(rate), ...(act === 'edit' && { data: JSON.parse(text) as unknown }) }
    const went = await api.replay(chosen, options, (now, total) => say(`${count(now)} of ${count(total)} …`))
    return `${count(went)} replayed.`
  }
  const leave = (): void => {
    setTried(undefined)
    setAct(undefined)
  }
  const tryIt = async (place: string): Promise<void> => {
    say()
    setTried(undefined)
    setTried(await api.dryRun(place, act === 'edit' ? (JSON.parse(text) as unknown) : undefined))
  }
  const confirm = (): void =>
    run(
      done().then((words) => {
        say(words)
        leave()
        return finished()
      }),
    )
  const trial = 'place' in chosen && act !== 'replay' && act !== 'discard' && (
    <button type="button" disabled={isBusy} onClick={() => run(tryIt(chosen.place))}>
      Try {act === 'edit' ? 'this' : what}
    </button>
  )
  return (
    <form
      class="acts"
      onSubmit={(event) => {
        event.preventDefault()
        confirm()
      }}
    >
      {act === undefined ? (
        <>
          {trial}
          <button type="button" onClick={() => begin('replay')}>
            Replay {what} …
          </button>
          {data !== undefined && (
            <button type="button" onClick={() => begin('edit')}>
              Edit and replay …
            </button>
          )}
          <button type="button" onClick={() => begin('discard')}>
            Discard {what} …
          </button>
        </>
      ) : (
        <fieldset disabled={isBusy}>
          <legend>
            {act === 'discard' ? 'Discard' : 'Replay'} {what}
          </legend>
          {act === 'discard' && (
            <label>
              Why? <input required value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
            </label>
          )}
          {act === 'edit' && (
            <textarea
              aria-label="Data"
              rows={12}
              spellcheck={false}
              value={text}
              onInput={({ currentTarget }) => {
                // What was tried was another text.
                setTried(undefined)
                setText(currentTarget.value)
              }}
            />
          )}
          {act !== 'discard' && !('place' in chosen) && (
            <label for={id}>
              At most{' '}
              <input
                id={id}
                type="number"
                min="1"
                max="100000"
                required
                value={rate}
                onInput={({ currentTarget }) => setRate(currentTarget.value)}
              />{' '}
              a second
            </label>
          )}
          {trial}
          <button type="submit" class="sure">
            {act === 'discard' ? 'Discard' : 'Replay'} {what}
          </button>
          <button type="button" onClick={leave}>
            Leave it
          </button>
        </fieldset>
      )}
      {tried !== undefined && <DryRunAnswer tried={tried} />}
      <Spoken said={said} />
    </form>
  )
}
