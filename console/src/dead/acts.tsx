/** Trying, replaying and discarding: what is about to happen is said in words, and happens at the second click. */
import { useId, useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { Chosen, DryRun } from '../api.ts'
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
  const [said, setSaid] = useState<{ readonly words: string; readonly isFault: boolean }>()
  const [isBusy, setBusy] = useState(false)
  const [text, setText] = useState('')
  const [rate, setRate] = useState('100')
  const [tried, setTried] = useState<DryRun>()
  const id = useId()

  const begin = (next: Act): void => {
    setSaid(undefined)
    setTried(undefined)
    setText(next === 'edit' ? JSON.stringify(data, undefined, 2) : '')
    setAct(next)
  }
  const run = async (): Promise<string> => {
    if (act === 'discard') return `${count(await api.discard(chosen, text))} discarded.`
    const options = { ratePerSecond: Number(rate), ...(act === 'edit' && { data: JSON.parse(text) as unknown }) }
    const went = await api.replay(chosen, options, (now, total) =>
      setSaid({ words: `${count(now)} of ${count(total)} …`, isFault: false }),
    )
    return `${count(went)} replayed.`
  }
  const leave = (): void => {
    setTried(undefined)
    setAct(undefined)
  }
  const attempt = (work: Promise<void>): void => {
    setBusy(true)
    void work.catch((error: Error) => setSaid({ words: error.message, isFault: true })).finally(() => setBusy(false))
  }
  const tryIt = async (place: string): Promise<void> => {
    setSaid(undefined)
    setTried(undefined)
    setTried(await api.dryRun(place, act === 'edit' ? (JSON.parse(text) as unknown) : undefined))
  }
  const confirm = (): void =>
    attempt(
      run().then((words) => {
        setSaid({ words, isFault: false })
        leave()
        return finished()
      }),
    )
  const trial = 'place' in chosen && act !== 'replay' && act !== 'discard' && (
    <button type="button" disabled={isBusy} onClick={() => attempt(tryIt(chosen.place))}>
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
      {said !== undefined && (
        <output class={said.isFault ? 'fault' : 'soft'} role={said.isFault ? 'alert' : 'status'}>
          {said.words}
        </output>
      )}
    </form>
  )
}
