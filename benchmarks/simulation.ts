/** How much faster than real time the simulator lives: one machine with an app on its embedded bus, on which little happens. */
import { entry, line, metrobus, stop } from '../src/index.ts'
import type { StandardSchema } from '../src/schema/standard.ts'
import type { Startable } from '../src/testing/index.ts'
import { Machine } from '../src/testing/index.ts'
import { numberOf, verify } from './bench.ts'
import type { Bench } from './bench.ts'
import { rounded } from './percentiles.ts'

interface Beat {
  readonly n: number
}

const aBeat: StandardSchema<Beat> = {
  '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value: value as Beat }) },
}

export const simulation: Bench = {
  name: 'simulation',
  purpose: 'virtual time for real time on an idle line, and how many events a second go through a simulated machine',
  options: {
    minutes: { type: 'string', hint: 'of virtual time, with one event a minute (60)' },
    events: { type: 'string', hint: 'sent one after the other for the second figure (5000)' },
  },
  async run(options) {
    const idle = await idleLine(numberOf(options, 'minutes', 60))
    const eventsPerSecond = rounded(await throughput(numberOf(options, 'events', 5000)), 0)
    return { bench: 'simulation', ...idle, eventsPerSecond }
  },
}

async function idleLine(minutes: number): Promise<{ readonly virtualSeconds: number; readonly timesRealTime: number }> {
  const { machine, send, handled } = await started()
  const begun = performance.now()
  for (let minute = 0; minute < minutes; minute++) {
    await send(minute)
    await machine.advance(60_000)
  }
  const realMs = performance.now() - begun
  verify(handled() === minutes, `${handled()} of ${minutes} events were handled`)
  await machine.close()
  return { virtualSeconds: minutes * 60, timesRealTime: rounded((minutes * 60_000) / realMs, 0) }
}

async function throughput(events: number): Promise<number> {
  const { machine, send, handled } = await started()
  const begun = performance.now()
  for (let n = 0; n < events; n++) await send(n)
  await machine.advance(1_000)
  const realMs = performance.now() - begun
  verify(handled() === events, `${handled()} of ${events} events were handled`)
  await machine.close()
  return (events * 1000) / realMs
}

/** A machine with an app of two stops. */
async function started(): Promise<{
  readonly machine: Machine
  readonly send: (n: number) => Promise<void>
  readonly handled: () => number
}> {
  const machine = new Machine({ seed: 1 })
  let handled = 0
  const makeApp = (): Startable => {
    const check = stop('check', { in: aBeat, out: aBeat, effects: 'none' }, (beat) => beat)
    const count = stop('count', { in: aBeat }, () => void handled++)
    const route = line('beats').via(check).to(count)
    return metrobus('beats', { entries: [entry('in', { in: aBeat, key: ({ n }) => `k${n % 7}`, route })] })
  }
  const process = await machine.start(makeApp)
  const send = async (n: number): Promise<void> => {
    let isAcknowledged = false
    void process.running!.send('in', { n }).then(() => (isAcknowledged = true))
    await machine.until(() => isAcknowledged)
  }
  return { machine, send, handled: () => handled }
}
