/** Moving the app's position at a stop: what that would mean is looked at first. What has come or was parked since then is moved with the rest. */
import { useRef, useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { SeekPlan, SeekTo } from '../api.ts'
import { Spoken, useAct } from '../parts/act.tsx'
import { Table } from '../parts/table.tsx'
import { count } from '../parts/words.ts'

type Where = 'beginning' | 'end' | 'since' | 'offset'

export function Move({ stop }: { readonly stop: string }) {
  const [where, setWhere] = useState<Where>('beginning')
  const [at, setAt] = useState('')
  const [parked, setParked] = useState<'' | 'keep' | 'discard'>('')
  const [planned, setPlanned] = useState<{ readonly to: SeekTo; readonly plan: SeekPlan }>()
  const { isBusy, said, say, run } = useAct()

  const asked = useRef(0)

  /** Whatever is changed is looked at anew. */
  const changed = (): void => {
    asked.current++
    setPlanned(undefined)
    say()
  }
  const look = async (): Promise<void> => {
    const to = { ...placeOf(where, at), ...(parked !== '' && { parked }) }
    say()
    const turn = ++asked.current
    const plan = await api.planSeek(stop, to)
    if (turn === asked.current) setPlanned({ to, plan })
  }
  const move = async (to: SeekTo): Promise<void> => {
    await api.seek(stop, to)
    setPlanned(undefined)
    say('Moved. It reads on from there.')
  }
  return (
    <>
      <h2>Its position</h2>
      <form
        class="query"
        onInput={changed}
        onSubmit={(event) => {
          event.preventDefault()
          run(look())
        }}
      >
        <label>
          To{' '}
          <select value={where} onChange={({ currentTarget }) => setWhere(currentTarget.value as Where)}>
            <option value="beginning">the beginning</option>
            <option value="end">the end</option>
            <option value="since">a time</option>
            <option value="offset">an offset</option>
          </select>
        </label>
        {(where === 'since' || where === 'offset') && (
          <label>
            {where === 'since' ? 'Since' : 'Offset'}{' '}
            <input
              required
              type={where === 'since' ? 'datetime-local' : 'number'}
              min={where === 'offset' ? 0 : undefined}
              value={at}
              onInput={({ currentTarget }) => setAt(currentTarget.value)}
            />
          </label>
        )}
        <label>
          Parked events{' '}
          <select value={parked} onChange={({ currentTarget }) => setParked(currentTarget.value as typeof parked)}>
            <option value="">must be none</option>
            <option value="keep">are kept</option>
            <option value="discard">are discarded</option>
          </select>
        </label>
        <button type="submit" disabled={isBusy}>
          What would that do?
        </button>
      </form>
      {planned !== undefined && (
        <>
          <Plan plan={planned.plan} />
          <p class="acts">
            <button type="button" class="sure" disabled={isBusy} onClick={() => run(move(planned.to))}>
              Move {stop}
            </button>
          </p>
        </>
      )}
      <Spoken said={said} />
    </>
  )
}

function Plan({ plan: { partitions, parked } }: { readonly plan: SeekPlan }) {
  return (
    <>
      <Table heads={['Partition', 'From', 'To', 'Handled again', 'Passed by']}>
        {partitions.map(({ partition, from, to, again, skipped }) => (
          <tr key={partition}>
            <th scope="row">{partition}</th>
            <td>{count(from)}</td>
            <td>{count(to)}</td>
            <td>{count(again)}</td>
            <td>{count(skipped)}</td>
          </tr>
        ))}
      </Table>
      {parked.events > 0 && (
        <p>
          {count(parked.events)} events of {count(parked.keys)} keys are parked there.
        </p>
      )}
    </>
  )
}

function placeOf(where: Where, at: string): SeekTo {
  if (where === 'since') return { since: new Date(at).toISOString() }
  return where === 'offset' ? { offset: Number(at) } : { to: where }
}
