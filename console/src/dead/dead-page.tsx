/** Events given up: by what went wrong, looked at one by one, and sent again or discarded. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { Chosen, DeadLetterGroup, DeadLetterRecord } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Json } from '../parts/json.tsx'
import { Notice } from '../parts/notice.tsx'
import { Table } from '../parts/table.tsx'
import { count, time } from '../parts/words.ts'
import { href } from '../place.ts'
import { Acts } from './acts.tsx'

export function DeadPage({ fingerprint }: { readonly fingerprint: string | undefined }) {
  return fingerprint === undefined ? <Groups /> : <Letters key={fingerprint} fingerprint={fingerprint} />
}

function Groups() {
  const { answer: groups, error, again } = useAsked((signal) => api.deadGroups(signal), [])
  if (groups === undefined) return <Notice error={error} what="the dead letters" />
  if (groups.length === 0)
    return (
      <>
        <h1>Dead letters</h1>
        <p class="empty">None waits.</p>
      </>
    )
  const all = groups.reduce((sum, group) => sum + group.count, 0)
  return (
    <>
      <h1>Dead letters</h1>
      <Table heads={['Waiting', 'Stop', 'Cause', 'Message', 'First', 'Last']}>
        {groups.map((group) => (
          <GroupRow key={group.fingerprint} group={group} />
        ))}
      </Table>
      <Acts what={`all ${count(all)} dead letters`} chosen={{ all: true }} finished={again} />
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
        <a href={href('dead', group.fingerprint)}>{group.cause}</a>
      </th>
      <td class="long">{group.message}</td>
      <td>{time(group.first)}</td>
      <td>{time(group.last)}</td>
    </tr>
  )
}

function Letters({ fingerprint }: { readonly fingerprint: string }) {
  const {
    answer: letters,
    error,
    again,
  } = useAsked((signal) => api.deadLetters({ fingerprint }, signal), [fingerprint])
  if (letters === undefined) return <Notice error={error} what="the dead letters" />
  const [first] = letters
  return (
    <>
      <h1>
        <a href={href('dead')}>Dead letters</a> {first === undefined ? '' : `of ${first.stop}: ${first.cause}`}
      </h1>
      {first === undefined ? (
        <p class="empty">None of this kind waits any more.</p>
      ) : (
        <>
          <p>{first.message}</p>
          <Acts what="all of this kind" chosen={{ fingerprint }} finished={again} />
          {letters.map((letter) => (
            <Letter key={letter.place} letter={letter} finished={again} />
          ))}
          {letters.length === 100 && <p class="soft">The first 100 are shown.</p>}
        </>
      )}
    </>
  )
}

function Letter({ letter, finished }: { readonly letter: DeadLetterRecord; readonly finished: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const chosen: Chosen = { place: letter.place }
  return (
    <details class="child" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <code>{letter.id}</code> key {letter.key ?? '—'}, {letter.attempts} {letter.attempts === 1 ? 'try' : 'tries'},
        given up {time(letter.lastFailure)}
      </summary>
      {isOpen && (
        <>
          <p>
            <a href={href('rides', letter.ride)}>The ride</a>
          </p>
          <div class="sides">
            <section>
              <h3>Data</h3>
              <Json data={letter.data} />
            </section>
            <section>
              <h3>Why</h3>
              <pre class="json" dir="ltr" tabIndex={0} aria-label="stack">
                {letter.stack ?? letter.message}
              </pre>
            </section>
          </div>
          <Acts what={letter.id} chosen={chosen} data={letter.data} finished={finished} />
        </>
      )}
    </details>
  )
}
