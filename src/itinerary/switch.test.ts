import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import type { StopDefinition } from '../stop/definition.ts'
import { drop, reroute } from '../stop/outcome.ts'
import { stop } from '../stop/stop.ts'
import { line } from './line.ts'
import { switchStop } from './switch.ts'

const Contact = z.object({ country: z.string() })
const home = line('home').to(stop('deliver', { in: Contact }, () => {}))
const abroad = line('abroad').to(stop('ship', { in: Contact }, () => {}))
const lines = { home, abroad }
const run = ({ handler }: StopDefinition, data: unknown): unknown => handler(data as never, {} as never)

test('a switch takes what it gives, and its lines are its targets', () => {
  const turn = switchStop('turn', { in: Contact, lines, effects: 'none' }, () => 'home')
  assert.deepEqual([turn.inSchema, turn.outSchema, turn.hasEffects], [Contact, Contact, false])
  assert.deepEqual([...turn.targets.keys()], ['home', 'abroad'])
})

test('the name of a line sends the event along it, its data unchanged', () => {
  const turn = switchStop('turn', { in: Contact, lines }, (contact) => (contact.country === 'de' ? 'home' : 'abroad'))
  const data = { country: 'de' }
  assert.deepEqual(run(turn, data), reroute('home', data))
  assert.deepEqual(run(turn, { country: 'fr' }), reroute('abroad', { country: 'fr' }))
})

test('the data itself lets the event go on, and other outcomes are kept', async () => {
  const data = { country: 'de' }
  const none = drop('nowhere')
  assert.equal(
    run(
      switchStop('turn', { in: Contact, lines }, (contact) => contact),
      data,
    ),
    data,
  )
  assert.equal(
    run(
      switchStop('turn', { in: Contact, lines }, () => none),
      data,
    ),
    none,
  )
  assert.equal(
    await run(
      switchStop('turn', { in: Contact, lines }, async () => none),
      data,
    ),
    none,
  )
})

test('a promise of a name is one, too', async () => {
  const turn = switchStop('turn', { in: Contact, lines }, async () => 'home' as const)
  assert.deepEqual(await run(turn, { country: 'de' }), reroute('home', { country: 'de' }))
})

test('text that goes on is not taken for the name of a line', () => {
  const text = z.string()
  const echo = line('echo').to(stop('print', { in: text }, () => {}))
  const turn = switchStop('turn', { in: text, lines: { echo } }, (data) => data)
  assert.equal(run(turn, 'echo'), 'echo')
})

test('refuses a bad name, lines that are none, and a handler that is none', () => {
  const loosely = switchStop as unknown as (name: string, options: unknown, handler: unknown) => unknown
  assert.throws(() => loosely('Turn', { in: Contact, lines }, () => 'home'), { code: 'MB_BAD_NAME' })
  assert.throws(() => loosely('turn', { in: undefined, lines: { home: 'home' } }, 'home'), {
    message: /in must be a Standard Schema.*the handler must be a function.*targets.home must be a line or a stop/,
  })
})
