import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from './virtual-clock.ts'

test('runs timers at their moments, in the order of the moments, then of the calls', async () => {
  const clock = new VirtualClock({ now: 1000 })
  const seen: string[] = []
  const note = (name: string) => () => void seen.push(`${name}@${clock.now()}/${clock.monotonic()}`)
  clock.timer(20, note('c'))
  clock.timer(10, note('a'))
  clock.timer(10, note('b'))
  clock.timer(31, note('late'))

  await clock.advance(30)

  assert.deepEqual(seen, ['a@1010/10', 'b@1010/10', 'c@1020/20'])
  assert.equal(clock.now(), 1030)
  assert.equal(clock.untilNext, 1)
})

test('lets promises and immediates come to rest before the next timer runs', async () => {
  const clock = new VirtualClock()
  const seen: string[] = []
  clock.timer(1, () => {
    clock.immediate(() => {
      void Promise.resolve().then(() => clock.immediate(() => seen.push('all of the first')))
    })
  })
  clock.timer(2, () => seen.push('the second'))

  await clock.advance(2)

  assert.deepEqual(seen, ['all of the first', 'the second'])
})

test('runs a timer that a timer sets, when it comes due in the same advance', async () => {
  const clock = new VirtualClock()
  let beats = 0
  const beat = (): void => {
    beats++
    clock.timer(10, beat)
  }
  clock.timer(10, beat)

  await clock.advance(100)

  assert.equal(beats, 10)
  assert.equal(clock.waiting, 1)
})

test('does not run a timer that was cancelled, also when cancelled twice or after it ran', async () => {
  const clock = new VirtualClock()
  let runs = 0
  const cancelled = clock.timer(1, () => runs++)
  const ran = clock.timer(1, () => runs++)
  cancelled.cancel()
  cancelled.cancel()

  await clock.advance(1)
  ran.cancel()

  assert.equal(runs, 1)
})

test('rejects with what a timer throws', async () => {
  const clock = new VirtualClock()
  clock.timer(1, () => {
    throw new TypeError('from the timer')
  })

  await assert.rejects(clock.advance(5), { message: 'from the timer' })
})

test('steps the wall time without touching durations and timers', async () => {
  const clock = new VirtualClock({ now: 5000 })
  let ran = false
  clock.timer(10, () => {
    ran = true
  })

  clock.jump(-3000)

  assert.equal(clock.now(), 2000)
  assert.equal(clock.monotonic(), 0)
  assert.equal(ran, false)
})

test('says that something never comes to rest, instead of hanging', async () => {
  const clock = new VirtualClock()
  let stopped = false
  const again = (): void => {
    if (!stopped) clock.immediate(again)
  }
  again()

  await assert.rejects(clock.settle(), { code: 'MB_NEVER_AT_REST' })
  stopped = true
})
