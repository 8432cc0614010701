import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskOf, masked } from './masks.ts'

const event = {
  topic: 'app.keep',
  type: 'orders',
  headers: { Authorization: 'secret', trace: 't' },
  data: { card: { number: '4111', kind: 'visa' }, items: [{ price: 1 }, { price: 2 }], n: 0 },
}

test('fields of the data and headers are masked wherever an event stands, and the event stays as it is', () => {
  const mask = maskOf([{ paths: ['card.number', 'items.price', 'no.such', 'n.deeper'], headers: ['authorization'] }])
  const frozen = Object.freeze({ ...event, data: Object.freeze(event.data) })
  const wanted = {
    ...event,
    headers: { Authorization: masked, trace: 't' },
    data: { card: { number: masked, kind: 'visa' }, items: [{ price: masked }, { price: masked }], n: 0 },
  }

  assert.deepEqual(mask(frozen), wanted)
  assert.deepEqual(mask({ deadLetters: [frozen] }), { deadLetters: [wanted] })
  assert.deepEqual(mask({ found: { record: frozen }, scanned: 7 }), { found: { record: wanted }, scanned: 7 })
  assert.equal(event.data.card.number, '4111')
})

test('a star is every member, and a path may end at an object or a list', () => {
  const of = (path: string): unknown => (maskOf([{ paths: [path] }])(event) as typeof event).data
  assert.deepEqual(of('card.*'), { ...event.data, card: { number: masked, kind: masked } })
  assert.deepEqual(of('card'), { ...event.data, card: masked })
  assert.deepEqual(of('items'), { ...event.data, items: masked })
  assert.deepEqual(of('*'), { card: masked, items: masked, n: masked })
  assert.deepEqual(of('items.*'), { ...event.data, items: [masked, masked] })
})

test('a rule counts for its topics, types and stops, and where an answer does not say', () => {
  const data = { n: 1 }
  const rule = { paths: ['n'], topics: ['a'], types: ['t'] }
  const of = (place: object): unknown => (maskOf([rule])({ ...place, headers: {}, data }) as typeof event).data
  assert.deepEqual(of({ topic: 'a', type: 't' }), { n: masked })
  assert.deepEqual(of({ topic: 'b', type: 't' }), data)
  assert.deepEqual(of({ topic: 'a', type: 'u' }), data)
  assert.deepEqual(of({ stop: 'a' }), { n: masked })
})

test('rows of stores are masked, and the beginning of data that was cut', () => {
  const mask = maskOf([{ paths: ['card'] }])
  assert.deepEqual(mask({ rows: [{ key: 'k', value: { card: 1, n: 2 } }], next: null }), {
    rows: [{ key: 'k', value: { card: masked, n: 2 } }],
    next: null,
  })
  assert.deepEqual(mask({ headers: {}, data: null, cut: { bytes: 9, begins: '{"card":1' } }), {
    headers: {},
    data: null,
    cut: { bytes: 9, begins: masked },
  })
})

test('names that objects have anyway are names like others', () => {
  const data = JSON.parse('{"__proto__":{"card":1},"constructor":{"card":2}}') as unknown
  const answer = maskOf([{ paths: ['__proto__.card', 'constructor.card'] }])({ headers: {}, data })
  assert.equal(
    JSON.stringify(answer),
    '{"headers":{},"data":{"__proto__":{"card":"***"},"constructor":{"card":"***"}}}',
  )
})
