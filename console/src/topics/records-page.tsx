/** What a topic holds: read from a place, or followed, and searched in all that a record has. */
import { useMemo, useState } from 'preact/hooks'
import type { RecordAnswer } from '../api.ts'
import { Rows } from '../parts/rows.tsx'
import { count, time } from '../parts/words.ts'
import { useChosen } from '../place.ts'
import { download } from './copies.ts'
import { recordsOf, searchMax, useRecords } from './reading.ts'
import type { From, Question } from './reading.ts'
import { RecordView } from './record-view.tsx'

const starts: Readonly<Record<From, string>> = {
  newest: 'the newest 500',
  beginning: 'the beginning',
  time: 'a time',
  offset: 'an offset',
}

const isFrom = (word: string | undefined): word is From => word !== undefined && word in starts

export function RecordsPage({ topic }: { readonly topic: string }) {
  const [{ from, at = '', follow, search = '', where = '' }, choose] = useChosen()
  const question: Question = { from: isFrom(from) ? from : 'newest', at, follow: follow === 'yes', where }
  const { records, error, isReading, isFull, progress } = useRecords(topic, question)
  const isWanted = useMemo(() => searchFor(search), [search])
  const found = useMemo(() => records.filter(isWanted), [records, isWanted])
  return (
    <>
      <h1>
        Topic <code>{topic}</code>
      </h1>
      <form class="query" onSubmit={(event) => event.preventDefault()}>
        <Start question={question} choose={choose} />
        <label>
          <input
            type="checkbox"
            checked={question.follow}
            onChange={({ currentTarget }) => choose({ follow: currentTarget.checked ? 'yes' : '' })}
          />{' '}
          follow
        </label>
        <input
          type="search"
          placeholder="search in key, headers, data"
          aria-label="Search in key, headers and data"
          value={search}
          onInput={({ currentTarget }) => choose({ search: currentTarget.value })}
        />
        <Export topic={topic} question={question} found={found} />
      </form>
      <Where where={where} choose={choose} />
      <p class="soft" role="status">
        {count(found.length)} {search === '' ? 'records' : `of ${count(records.length)} records`}
        {isReading ? ', reading …' : ''}
        {progress !== undefined && `, ${count(progress.scanned)} of ${count(progress.total)} looked through`}
        {where !== '' && records.length >= searchMax && ': more are not looked for, choose a later place'}
        {isFull ? ': more are not held, choose a later place' : ''}
      </p>
      {error !== undefined && (
        <p class="fault" role="alert">
          {error.message}
        </p>
      )}
      {found.length === 0 && !isReading ? (
        <p class="empty">Nothing here.</p>
      ) : (
        <Rows
          items={found}
          row={recordRow}
          detail={(record) => (
            <>
              <h2>
                Partition {record.partition}, offset {count(record.offset)}
              </h2>
              <RecordView key={placeOf(record)} record={record} />
            </>
          )}
        />
      )}
    </>
  )
}

/** Looked for in the app, in the whole topic: when it is said, and not with each letter. */
function Where({ where, choose }: { readonly where: string; readonly choose: StartOptions['choose'] }) {
  const [text, setText] = useState(where)
  return (
    <form
      class="query"
      onSubmit={(event) => {
        event.preventDefault()
        choose({ where: text.trim(), follow: '' })
      }}
    >
      <input
        type="search"
        class="where"
        aria-label="Where, in the whole topic"
        placeholder={'in the whole topic: data.amount > 100 and headers.tenant = "a"'}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit">Search</button>
    </form>
  )
}

interface StartOptions {
  readonly question: Question
  readonly choose: ReturnType<typeof useChosen>[1]
}

function Start({ question, choose }: StartOptions) {
  return (
    <>
      <label>
        From{' '}
        <select value={question.from} onChange={({ currentTarget }) => choose({ from: currentTarget.value, at: '' })}>
          {Object.entries(starts).map(([from, words]) => (
            <option key={from} value={from}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {question.from === 'time' && (
        <input
          type="datetime-local"
          aria-label="Time"
          step="1"
          value={question.at}
          onChange={({ currentTarget }) => choose({ at: currentTarget.value })}
        />
      )}
      {question.from === 'offset' && (
        <input
          type="number"
          aria-label="Offset, in each partition"
          min="0"
          value={question.at}
          onChange={({ currentTarget }) => choose({ at: currentTarget.value })}
        />
      )}
    </>
  )
}

/** What was found, whole: the list has long values only in part. */
function Export(options: {
  readonly topic: string
  readonly question: Question
  readonly found: readonly RecordAnswer[]
}) {
  const { topic, question, found } = options
  const [said, setSaid] = useState('')
  const run = async (): Promise<void> => {
    const wanted = new Set(found.map(placeOf))
    const parts: string[] = []
    const ending = new AbortController()
    for await (const record of recordsOf(topic, { ...question, follow: false }, {}, ending.signal)) {
      if (wanted.delete(placeOf(record))) parts.push(`${JSON.stringify(record)}\n`)
      if (wanted.size === 0) break
    }
    ending.abort()
    download(`${topic}.ndjson`, parts)
    setSaid(`${count(parts.length)} records`)
  }
  return (
    <>
      <button
        type="button"
        disabled={found.length === 0}
        onClick={() => void run().catch((error: Error) => setSaid(error.message))}
      >
        Export NDJSON
      </button>
      <output class="soft">{said}</output>
    </>
  )
}

const placeOf = ({ partition, offset }: RecordAnswer): string => `${partition}/${offset}`

const recordRow = (record: RecordAnswer) => (
  <>
    <span class="when">{time(record.appended)}</span>
    <span class="place">{placeOf(record)}</span>
    <bdi class="key">{record.key ?? '—'}</bdi>
    <bdi class="preview">{previewOf(record)}</bdi>
  </>
)

const previewMax = 200
const previews = new WeakMap<RecordAnswer, string>()

function previewOf(record: RecordAnswer): string {
  let preview = previews.get(record)
  if (preview === undefined) {
    preview = textOf(record).slice(0, previewMax)
    previews.set(record, preview)
  }
  return preview
}

const textOf = ({ data, cut }: RecordAnswer): string => cut?.begins ?? JSON.stringify(data) ?? 'null'

/** Each record is looked through once for the same words, however often the list is drawn while more come. */
function searchFor(words: string): (record: RecordAnswer) => boolean {
  const wanted = words.trim().toLowerCase()
  if (wanted === '') return () => true
  const known = new WeakMap<RecordAnswer, boolean>()
  return (record) => {
    let isWanted = known.get(record)
    if (isWanted === undefined) {
      const text = `${JSON.stringify([record.key, record.id, record.headers])}${textOf(record)}`
      isWanted = text.toLowerCase().includes(wanted)
      known.set(record, isWanted)
    }
    return isWanted
  }
}
