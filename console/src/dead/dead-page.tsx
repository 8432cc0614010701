/** Events given up: by what went wrong, looked at one by one, and sent again or discarded. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { Chosen, DeadLetterGroup, DeadLetterRecord } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Json, Text } from '../parts/json.tsx'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, time } from '../parts/words.ts'
import { href, useChosen } from '../place.ts'
import { Acts } from './acts.tsx'

export function DeadPage({ fingerprint }: { readonly fingerprint: string | undefined }) {
  return fingerprint === undefined ? <Groups /> : <Letters key={fingerprint} fingerprint={fingerprint} />
}

function Groups() {
  const { answer: groups, error, again } = useAsked((signal) => api.deadGroups(signal), [])
  const [{ stop = '' }, choose] = useChosen()
  if (groups === undefined) return <Notice error={error} what="the dead letters" />
  if (groups.length === 0)
    return (
      <>
        <h1>Dead letters</h1>
        <p class="empty">None waits.</p>
      </>
    )
  const shown = groups.filter((group) => stop === '' || group.stop === stop)
  const all = shown.reduce((sum, group) => sum + group.count, 0)
  return (
    <>
      <h1>Dead letters</h1>
      <form class="query" onSubmit={(event) => event.preventDefault()}>
        <label>
          Stop{' '}
          <select value={stop} onChange={({ currentTarget }) => choose({ stop: currentTarget.value })}>
            <option value="">all</option>
            {[...new Set(groups.map((group) => group.stop))].toSorted().map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </form>
      <Table heads={['Waiting', 'Stop', 'Cause', 'Message', 'First', 'Last']}>
        {shown.map((group) => (
          <GroupRow key={group.fingerprint} group={group} />
        ))}
      </Table>
      <Acts
        key={stop}
        what={stop === '' ? `all ${count(all)} dead letters` : `${count(all)} of ${stop}`}
        chosen={stop === '' ? { all: true } : { stop }}
        finished={again}
      />
    </>
  )
}

function GroupRow({ group }: { readonly group: DeadLetterGroup }) {
  return (
    <tr>
      <td>{count(group.count)}</td>
      <td>
        <a href={href('stops', group.stop)}>{group.stop}</a>
      </td>
      <th scope="row">
        <a href={href('dead', group.fingerprint)}>
          <bdi>{group.cause}</bdi>
        </a>
      </th>
      <td class="long">
        <bdi>{group.message}</bdi>
      </td>
      <td>{time(group.first)}</td>
      <td>{time(group.last)}</td>
    </tr>
  )
}

const pageSize = 100

function Letters({ fingerprint }: { readonly fingerprint: string }) {
  const { answer, error, again } = useAsked((signal) => api.deadLetters({ fingerprint }, signal), [fingerprint])
  const [more, setMore] = useState<readonly DeadLetterRecord[]>([])
  const [{ place }] = useChosen()
  if (answer === undefined) return <Notice error={error} what="the dead letters" />
  const letters = [...answer, ...more]
  const [first] = letters
  const finished = (): void => {
    setMore([])
    again()
  }
  if (first === undefined)
    return (
      <>
        <h1>
          <a href={href('dead')}>Dead letters</a>
        </h1>
        <p class="empty">None of this kind waits any more.</p>
      </>
    )
  const last = letters.at(-1)!
  return (
    <>
      <h1>
        <a href={href('dead')}>Dead letters</a> of {first.stop}: <bdi>{first.cause}</bdi>
      </h1>
      <p>
        <bdi>{first.message}</bdi>
      </p>
      <Acts what="all of this kind" chosen={{ fingerprint }} finished={finished} />
      {letters.map((letter) => (
        <Letter key={letter.place} letter={letter} isChosen={letter.place === place} finished={finished} />
      ))}
      {letters.length % pageSize === 0 && (
        <button
          type="button"
          onClick={() =>
            void api.deadLetters({ fingerprint, after: last.place }).then((next) => setMore([...more, ...next]))
          }
        >
          Show more
        </button>
      )}
    </>
  )
}

interface LetterOptions {
  readonly letter: DeadLetterRecord
  readonly isChosen: boolean
  readonly finished: () => void
}

function Letter({ letter, isChosen, finished }: LetterOptions) {
  const [isOpen, setOpen] = useState(isChosen)
  const chosen: Chosen = { place: letter.place }
  return (
    <details class="child" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <code>{letter.id}</code> key <bdi>{letter.key ?? '—'}</bdi>, {letter.attempts}{' '}
        {letter.attempts === 1 ? 'try' : 'tries'}, given up {time(letter.lastFailure)}
      </summary>
      {isOpen && (
        <>
          <p>
            <a href={href('rides', letter.ride)}>The ride</a>
          </p>
          <div class="sides">
            <section>
              <h2>Data</h2>
              <Json data={letter.data} />
            </section>
            <section>
              <h2>Why</h2>
              <Text text={letter.stack ?? letter.message} label="stack" />
            </section>
          </div>
          <Acts what={letter.id} chosen={chosen} data={letter.data} finished={finished} />
        </>
      )}
    </details>
  )
}
