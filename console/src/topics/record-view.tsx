/** One record: its data, headers and envelope, as they are read or as they lie on the bus, and the ways to take it elsewhere. */
import { useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { RecordAnswer } from '../api.ts'
import { useAsked } from '../parts/asked.ts'
import { Copy } from '../parts/copy.tsx'
import { Facts } from '../parts/facts.tsx'
import type { Fact } from '../parts/facts.tsx'
import { Json, rawOf, Text } from '../parts/json.tsx'
import { Notice } from '../parts/notice.tsx'
import { bytes, time } from '../parts/words.ts'
import { href } from '../place.ts'
import { curlOf, fixtureOf } from './copies.ts'

/** A record of a list may have come without its data. */
export function RecordView({ record }: { readonly record: RecordAnswer }) {
  const [isWanted, setWanted] = useState(false)
  if (record.cut === undefined) return <WholeRecord record={record} />
  if (isWanted) return <AskedRecord record={record} />
  return (
    <div class="data">
      <p>
        The data of <code>{record.id}</code> has {bytes(record.cut.bytes)}, and begins with
      </p>
      <Text text={record.cut.begins} label="how the data begins" />
      <button type="button" onClick={() => setWanted(true)}>
        Read the whole record
      </button>
    </div>
  )
}

function AskedRecord({ record }: { readonly record: RecordAnswer }) {
  const { answer, error } = useAsked((signal) => api.record(record, signal), [record])
  return answer === undefined ? <Notice error={error} what="the record" /> : <WholeRecord record={answer} />
}

function WholeRecord({ record }: { readonly record: RecordAnswer }) {
  const [isRaw, setRaw] = useState(false)
  const { data, headers } = record
  return (
    <div class="data">
      <p class="tools">
        <a href={href('rides', record.ride)}>The ride</a>
        <Copy label="Copy JSON" text={() => JSON.stringify(data, undefined, 2)} />
        <Copy label="Copy curl" text={() => curlOf(record)} />
        <Copy label="Copy test step" text={() => fixtureOf(record)} />
        <label>
          <input type="checkbox" checked={isRaw} onChange={({ currentTarget }) => setRaw(currentTarget.checked)} /> raw
        </label>
      </p>
      {isRaw ? (
        <Text text={rawOf(record)} label="the record as it lies there" />
      ) : (
        <div class="sides">
          <section>
            <h3>Data</h3>
            <Json data={data} />
          </section>
          <section>
            <h3>Headers</h3>
            {Object.keys(headers).length === 0 ? <p class="empty">None.</p> : <Facts facts={Object.entries(headers)} />}
            <h3>Envelope</h3>
            <Facts facts={envelopeOf(record)} />
          </section>
        </div>
      )}
    </div>
  )
}

function envelopeOf(record: RecordAnswer): readonly Fact[] {
  const { topic, partition, offset, appended, id, key, type, source, correlationid, causationid, replay, itinerary } =
    record
  const facts: readonly (readonly [string, string | null])[] = [
    ['Id', id],
    ['Key', key],
    ['Type', type],
    ['Source', source],
    ['Time', time(record.time)],
    ['Appended', time(appended)],
    ['Place', `${topic}, partition ${partition}, offset ${offset}`],
    ['Began with ride', correlationid],
    ['Caused by', causationid],
    ['Replayed', replay === 0 ? null : `${replay} times`],
    ['Line', itinerary === null ? null : itinerary.line],
    ['Ahead', itinerary === null ? null : itinerary.ahead.join(', ') || 'nothing'],
    ['Behind', itinerary === null ? null : itinerary.behind.map(({ stop }) => stop).join(', ') || 'nothing'],
  ]
  return facts.filter((fact): fact is Fact => fact[1] !== null && fact[1] !== '')
}
